#pragma once
// What one update of a chain is, and what it reports.

#include <cstdint>
#include <optional>
#include <string_view>

namespace stint {

/// Reversible, volume-preserving schemes that solve Hamilton's equations; momenta move first (mcmc/integrator.hpp).
enum class Integrator {
  leapfrog, ///< second order, 1 force evaluation a step
  omelyan,  ///< second-order minimum norm, 2 force evaluations
  omelyan4, ///< fourth order, 5 force evaluations
};

/// The integrator of this name. Throws std::invalid_argument if there is none.
Integrator parse_integrator(std::string_view name);

/// Evaluations of the force that a step costs; a trajectory of n steps costs n times as many and one more.
int force_evaluations(Integrator integrator);

/// HMC (Duane et al., doi:10.1016/0370-2693(87)91197-X): `steps` steps of size `step_size` (lattice units), momenta
/// from N(0, 1), Metropolis acceptance.
struct HmcSettings {
  static constexpr int most_steps = 1'000'000; ///< each takes memory, and cannot be interrupted

  double step_size = 0.07;
  int steps = 10;
  Integrator integrator = Integrator::leapfrog;

  /// In [0, 1). A trajectory's step size is step_size (1 + jitter (2u - 1)) with u uniform, the same for all chains: it
  /// lets no mode of the field be a whole number of half periods for ever.
  double jitter = 0;

  /// Set: Fourier acceleration (mcmc/fourier_dynamics.hpp) with this squared mass, > 0, in the metric.
  std::optional<double> fourier_mass2 = std::nullopt;

  /// Throws std::invalid_argument for settings that make no sense.
  void validate() const;
};

/// The step size of one trajectory, jitter included: a function of seed and trajectory alone.
double step_size_of(const HmcSettings& settings, std::uint64_t seed, std::uint32_t trajectory);

/// One update of a chain, the unit that trajectories are counted in: an HMC trajectory, then `cluster_sweeps` sweeps of
/// cluster flips (mcmc/cluster.hpp).
struct UpdateSettings {
  HmcSettings hmc = {};
  int cluster_sweeps = 0;

  /// Throws std::invalid_argument for settings that make no sense.
  void validate() const;
};

/// What an update of one chain did; action, magnetisation and virial are of the state after it.
struct TrajectoryInfo {
  float action = 0;        ///< S(phi)
  float magnetisation = 0; ///< (1/V) sum_x phi_x
  float delta_h = 0;       ///< H(proposal) - H(start); NaN or Inf means rejected
  float virial = 0;        ///< (1/V) sum_x phi_x dS/dphi_x, whose mean is 1 (Schwinger-Dyson)
  bool accepted = false;   ///< by the Metropolis step of HMC
};

} // namespace stint
