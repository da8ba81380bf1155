#include "mcmc/tiled_dynamics.hpp"

#include <algorithm>
#include <limits>

namespace stint {
namespace {

// Sizes of cache, in bytes, that any processor with vector instructions of today has to offer one thread.
constexpr std::int64_t near_cache = 40 << 10, far_cache = 1 << 20;

constexpr int deepest = 16; // stages of a wave that tiles are made for

} // namespace

template<class Real> TiledDynamics<Real>::TiledDynamics(LatticePass<Real> pass) : pass_(std::move(pass)) {
  const auto& extents = pass_.layout().extents();
  const auto d = static_cast<int>(extents.size());
  planes_ = d >= 2 ? extents[0] : 1;
  positions_ = d >= 2 ? extents[1] : extents[0];
  rows_of_position_ = d >= 3 ? pass_.whole().rows / planes_ / positions_ : 0;

  // A wave of depth stages has depth + 2 planes of three fields at hand: the momenta and two buffers.
  const std::int64_t position_bytes =
      pass_.layout().size() / (std::int64_t{planes_} * positions_) * 3 * static_cast<std::int64_t>(sizeof(Real));
  const auto whole_planes = [&](std::int64_t cache) { return cache / (position_bytes * positions_) - 2; };
  if (planes_ > 1 && whole_planes(near_cache) >= 2) {
    tiling_ = {static_cast<int>(whole_planes(near_cache)), 0};
    return;
  }
  double least_traffic = 1; // reads of a field from beyond the cache a stage, where 1 is no wave at all
  for (int depth = 2; depth <= deepest; ++depth) {
    // A tile shifts by one position a stage.
    const std::int64_t planes = std::min(depth + 2, planes_);
    const auto tile = static_cast<int>(std::min<std::int64_t>(far_cache / (position_bytes * planes) - 2, positions_));
    if (tile < 1)
      break;
    const bool whole = tile == positions_;
    const double traffic = whole ? 1.0 / depth : (tile + depth) / (1.0 * tile * depth);
    if (traffic < least_traffic) {
      tiling_ = {depth, whole ? 0 : tile};
      least_traffic = traffic;
    }
  }
}

/// Stage s at the positions y = first, ..., first + count - 1 of one plane.
template<class Real>
void TiledDynamics<Real>::run_part(const Wave& wave, int s, int plane, int first, int count) const {
  Region region;
  if (rows_of_position_ > 0)
    region = {(std::int64_t{plane} * positions_ + first) * rows_of_position_, count * rows_of_position_, 0,
              pass_.whole().sites};
  else
    region = {plane, 1, first, count};
  if (s == 0 && wave.momenta)
    pass_.draw(*wave.momenta, region, wave.passes[0].pi);
  pass_(wave.passes[s], region);
}

template<class Real> void TiledDynamics<Real>::run(const Wave& wave) const {
  const int count = static_cast<int>(wave.passes.size());
  const int skew = 2 * (count - 1);
  const int tile = tiling_.tile > 0 ? tiling_.tile : positions_ + skew;
  for (int f_y = 0; f_y < positions_ + skew; f_y += tile)
    for (int f_x = 0; f_x < planes_ + skew; ++f_x)
      for (int s = std::max(0, (f_x - planes_) / 2); s < count && 2 * s <= f_x; ++s) {
        const int p_x = f_x - 2 * s;
        const int first = std::max(f_y - 2 * s, 0), end = std::min(f_y + tile - 2 * s, positions_);
        if (p_x >= planes_ || first >= end)
          continue;
        const int plane = (p_x + s) % planes_;
        if (end - first == positions_) {
          run_part(wave, s, plane, 0, positions_);
          continue;
        }
        const int y = (first + s) % positions_, before_seam = std::min(end - first, positions_ - y);
        run_part(wave, s, plane, y, before_seam);
        if (before_seam < end - first)
          run_part(wave, s, plane, 0, end - first - before_seam);
      }
}

template<class Real>
Proposal<Real> TiledDynamics<Real>::move(std::span<const Stage> stages, const Real* start,
                                         const Workspace<Real>& workspace, const LaneStreams* momenta) const {
  Proposal<Real> proposal;
  std::vector<KickDrift<Real>> passes;
  const Real* phi = start;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    KickDrift<Real>& pass = passes.emplace_back(pass_.prepared(phi, workspace.pi, stages[i].kick));
    if (i == 0)
      pass.before = &proposal.start;
    if (i + 1 == stages.size()) {
      pass.after = &proposal.end;
      break;
    }
    pass.out = i % 2 == 0 ? workspace.first : workspace.second;
    pass.drift = static_cast<Real>(stages[i].drift);
    phi = pass.out;
  }
  const std::span<const KickDrift<Real>> all(passes);
  const std::size_t waves = (all.size() + tiling_.depth - 1) / tiling_.depth;
  for (std::size_t wave = 0; wave < waves; ++wave) {
    const std::size_t begin = wave * all.size() / waves, end = (wave + 1) * all.size() / waves;
    run({all.subspan(begin, end - begin), wave == 0 ? momenta : nullptr});
  }
  proposal.phi = phi;
  return proposal;
}

template class TiledDynamics<float>;
template class TiledDynamics<double>;

} // namespace stint
