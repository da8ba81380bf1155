#include "mcmc/lane_use.hpp"

#include <functional>
#include <numeric>
#include <stdexcept>

namespace stint {
namespace {

/// The direction that is cut into blocks.
std::size_t cut_direction(const Geometry& geometry) {
  const int d = geometry.dimensions();
  return d <= 2 ? d - 1 : d - 2;
}

} // namespace

bool LaneLayout::allows_blocks(const Geometry& geometry) {
  constexpr int sites_of_random_block = 4;
  const auto& extents = geometry.extents();
  const std::size_t cut = cut_direction(geometry);
  const int beyond = cut + 1 < extents.size() ? extents.back() : 1;
  return extents[cut] % lanes == 0 && extents[cut] / lanes * beyond % sites_of_random_block == 0;
}

LaneLayout::LaneLayout(const Geometry& geometry, LaneUse use)
    : use_(use), extents_(geometry.extents()), sites_(geometry.volume()), stride_(geometry.volume()) {
  if (use == LaneUse::chains)
    return;
  if (!allows_blocks(geometry))
    throw std::logic_error("a lattice " + geometry.text() + " in blocks");
  const std::size_t cut = cut_direction(geometry);
  extents_[cut] /= lanes;
  sites_ /= lanes;
  stride_ = std::accumulate(extents_.begin() + static_cast<std::ptrdiff_t>(cut), extents_.end(), std::int64_t{1},
                            std::multiplies<>());
}

ChainEnergies::ChainEnergies(const Energies& group, LaneUse use, std::int64_t chain) {
  const std::int64_t first = use == LaneUse::chains ? chain : 0, end = use == LaneUse::chains ? chain + 1 : lanes;
  for (std::int64_t lane = first; lane < end; ++lane) {
    action += group.action[lane];
    kinetic += group.kinetic[lane];
    sum_phi += group.sum_phi[lane];
    virial_terms += group.virial_terms[lane];
  }
}

} // namespace stint
