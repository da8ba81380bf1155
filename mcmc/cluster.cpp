#include "mcmc/cluster.hpp"

#include "lattice/random.hpp"

#include <stdexcept>
#include <string>

namespace stint {

ClusterScratch::ClusterScratch(const Geometry& geometry)
    : labels((geometry.volume() + 1) * lanes), bonds(geometry.volume() * (geometry.dimensions() + 1)) {}

template<class Real>
ClusterSweep<Real>::ClusterSweep(const Geometry& geometry, double magnetic_field)
    : ClusterSweep(geometry, magnetic_field, *supported_kernels<Real>().entries[0]) {}

template<class Real>
ClusterSweep<Real>::ClusterSweep(const Geometry& geometry, double magnetic_field, const Kernels<Real>& kernels)
    : kernels_(&kernels), volume_(geometry.volume()), blocks_(blocks_per_sweep(geometry)),
      dimensions_(geometry.dimensions()), source_(static_cast<Real>(magnetic_field)),
      neighbours_(geometry.neighbour_table()) {
  if (volume_ >= max_volume)
    throw std::invalid_argument("cluster sweeps work on lattices of less than " + std::to_string(max_volume) +
                                " sites, not on " + geometry.text());
}

template<class Real> std::int64_t ClusterSweep<Real>::blocks_per_sweep(const Geometry& geometry) {
  return (geometry.dimensions() + 1) * ((geometry.volume() + 3) / 4) + (geometry.volume() + 127) / 128;
}

template<class Real>
void ClusterSweep<Real>::operator()(std::uint64_t seed, std::uint32_t first_chain, std::uint32_t trajectory, int sweep,
                                    Real* phi, ClusterScratch& scratch) const {
  const std::int64_t first_block = sweep * blocks_;
  if (sweep < 0 || first_block + blocks_ > std::int64_t{1} << 32)
    throw std::invalid_argument("a trajectory on this lattice has random numbers for " +
                                std::to_string((std::int64_t{1} << 32) / blocks_) + " cluster sweeps; there is no " +
                                "sweep number " + std::to_string(sweep));
  kernels_->flip_clusters({.phi = phi,
                           .labels = scratch.labels.data(),
                           .bonds = scratch.bonds.data(),
                           .neighbours = neighbours_.data(),
                           .sites = volume_,
                           .directions = dimensions_,
                           .source = source_},
                          {.seed = seed,
                           .purpose = static_cast<std::uint32_t>(Purpose::cluster),
                           .first_chain = first_chain,
                           .trajectory = trajectory},
                          static_cast<std::uint32_t>(first_block));
}

template class ClusterSweep<float>;
template class ClusterSweep<double>;

} // namespace stint
