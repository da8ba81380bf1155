#pragma once
// HMC as a textbook writes it: slow, in double, one chain. The fast Ensemble is tested against it.

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "mcmc/hmc.hpp"

#include <cstdint>
#include <span>

namespace stint {

/// Leapfrog from (phi, pi), V sites each, in place: half a kick, then drifts and kicks in turn, half a kick.
void reference_leapfrog(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                        std::span<double> phi, std::span<double> pi);

/// Trajectory number `trajectory` of chain `chain`, in place. `Momenta` is the precision in which momenta are drawn
/// (they are other numbers in float than in double).
template<class Momenta>
TrajectoryInfo reference_trajectory(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                                    std::uint64_t seed, std::uint32_t chain, std::uint32_t trajectory,
                                    std::span<double> phi);

} // namespace stint
