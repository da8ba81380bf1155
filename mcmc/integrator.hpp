#pragma once
// The schemes that solve Hamilton's equations, each a list of kicks and drifts.

#include "mcmc/hmc.hpp"

#include <vector>

namespace stint {

/// pi += kick * force(phi), then phi += drift * dH/dpi.
struct Stage {
  double kick = 0;
  double drift = 0;
};

/// A trajectory of `steps` steps of size `step_size`, the kicks at the seams of two steps merged into one; the last
/// stage has no drift. The list read backwards is the same scheme (reversibility).
///
/// With B(t) a kick and A(t) a drift of time t, a step of size 1 is
///   leapfrog   B(1/2) A(1) B(1/2)
///   omelyan    B(l) A(1/2) B(1 - 2 l) A(1/2) B(l)
///   omelyan4   B(v) A(r) B(l) A(t) B(1/2 - l - v) A(1 - 2 (t + r)) and the same back
/// the last two those of least error norm by Omelyan, Mryglod and Folk (doi:10.1016/S0010-4655(02)00754-3), eqs. (25),
/// (31) and (63), (71): "4MN5FV".
std::vector<Stage> trajectory_stages(Integrator integrator, double step_size, int steps);

} // namespace stint
