#pragma once
// A Swendsen-Wang sweep as a textbook writes it: slow, one chain. ClusterSweep is tested against it.

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"

#include <cstdint>
#include <span>

namespace stint {

/// What ClusterSweep<Real> does to `chain`, with the same random numbers; phi has V sites. The signs that come out are
/// the same unless a bond is decided by the last bits of a logarithm.
template<class Real>
void reference_cluster_sweep(const Geometry& geometry, const Phi4& theory, std::uint64_t seed, std::uint32_t chain,
                             std::uint32_t trajectory, int sweep, std::span<Real> phi);

} // namespace stint
