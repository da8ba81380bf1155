#pragma once
// HMC as a textbook writes it: slow, in double, one chain. The fast MarkovChains are tested against it.

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "mcmc/hmc.hpp"

#include <cstdint>
#include <span>

namespace stint {

/// A trajectory from (phi, pi), V sites each, in place, without jitter.
void reference_dynamics(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                        std::span<double> phi, std::span<double> pi);

/// S(phi) + (1/2) pi K pi, K = 1 without Fourier acceleration.
double reference_hamiltonian(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                             std::span<const double> phi, std::span<const double> pi);

/// Trajectory number `trajectory` of chain `chain`, in place. `Momenta` is the precision in which momenta are drawn
/// (they are other numbers in float than in double).
template<class Momenta>
TrajectoryInfo reference_trajectory(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                                    std::uint64_t seed, std::uint32_t chain, std::uint32_t trajectory,
                                    std::span<double> phi);

} // namespace stint
