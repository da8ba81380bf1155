#include "mcmc/lattice_pass.hpp"

#include <algorithm>

namespace stint {
namespace {

/// The neighbours of all rows as in Geometry::neighbour_table(), but directions may also have one row.
std::vector<std::int32_t> neighbours_of_rows(const std::vector<int>& extents, std::int64_t rows) {
  const auto d = static_cast<std::int64_t>(extents.size());
  std::vector<std::int32_t> table(rows * 2 * d);
  std::int64_t stride = 1;
  for (std::int64_t mu = d - 1; mu >= 0; --mu) {
    const std::int64_t extent = extents[mu];
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int64_t place = row / stride % extent, origin = row - place * stride;
      table[row * 2 * d + 2 * mu] = static_cast<std::int32_t>(origin + (place + 1) % extent * stride);
      table[row * 2 * d + 2 * mu + 1] = static_cast<std::int32_t>(origin + (place + extent - 1) % extent * stride);
    }
    stride *= extent;
  }
  return table;
}

} // namespace

template<class Real>
LatticePass<Real>::LatticePass(const Geometry& geometry, LatticeAction<Real> action, const Kernels<Real>& kernels,
                               LaneUse use)
    : action_(std::move(action)), kernels_(&kernels), kick_drift_(action_.kick_drift(kernels)), layout_(geometry, use) {
  std::vector<int> across = layout_.extents();
  common_.extent = across.back();
  across.pop_back();
  rows_ = layout_.sites() / common_.extent;
  row_neighbours_ = neighbours_of_rows(across, rows_);
  common_.directions_across = static_cast<int>(across.size());
  common_.last_across = across.empty() ? 1 : across.back();
  if (use == LaneUse::blocks)
    common_.join = across.size() < 2 ? Join::sites : Join::rows;
  common_.site = action_.site();
}

template<class Real> KickDrift<Real> LatticePass<Real>::prepared(const Real* phi, Real* pi, double kick) const {
  KickDrift<Real> pass = common_;
  pass.row_neighbours = row_neighbours_.data();
  pass.phi = phi;
  pass.pi = pi;
  pass.kick = static_cast<Real>(kick);
  return pass;
}

template<class Real> Energies LatticePass<Real>::energies(const Real* phi, Real* pi) const {
  Energies energies;
  KickDrift<Real> pass = prepared(phi, pi, 0);
  pass.before = &energies;
  (*this)(pass);
  return energies;
}

template<class Real> void LatticePass<Real>::draw(LaneStreams streams, const Region& region, Real* out) const {
  const std::int64_t stride = layout_.stride();
  if (layout_.use() == LaneUse::blocks)
    streams.lane_stride = static_cast<std::uint32_t>(stride);
  // `sites` sites from `first` on, in pieces whose sites follow one another also on the lattice
  const auto draw_sites = [&](std::int64_t first, std::int64_t sites) {
    for (std::int64_t site = first; site < first + sites;) {
      const std::int64_t slab = site / stride, count = std::min((slab + 1) * stride, first + sites) - site;
      const std::int64_t on_lattice = layout_.use() == LaneUse::blocks ? site + slab * (lanes - 1) * stride : site;
      kernels_->normals(streams, on_lattice, count, out + site * lanes);
      site += count;
    }
  };
  if (region.sites == common_.extent)
    return draw_sites(region.first_row * common_.extent, region.rows * common_.extent);
  for (std::int64_t row = region.first_row; row < region.first_row + region.rows; ++row)
    draw_sites(row * common_.extent + region.first_site, region.sites);
}

template class LatticePass<float>;
template class LatticePass<double>;

} // namespace stint
