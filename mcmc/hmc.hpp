#pragma once
// What one HMC trajectory is, and what it reports.

namespace stint {

/// Leapfrog HMC (Duane et al., doi:10.1016/0370-2693(87)91197-X): `steps` steps of size `step_size` (lattice units),
/// momenta from N(0, 1), Metropolis acceptance. Momenta move first: half a kick, then drifts and kicks in turn, half a
/// kick.
struct HmcSettings {
  double step_size = 0.07;
  int steps = 10;

  /// Throws std::invalid_argument unless step_size > 0 and steps >= 1.
  void validate() const;
};

/// What a trajectory of one chain did; action and magnetisation are of the state after the acceptance step.
struct TrajectoryInfo {
  float action = 0;        ///< S(phi)
  float magnetisation = 0; ///< (1/V) sum_x phi_x
  float delta_h = 0;       ///< H(proposal) - H(start); NaN or Inf means rejected
  bool accepted = false;
};

} // namespace stint
