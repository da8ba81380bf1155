#pragma once
// The acceptance step of HMC.

#include <cmath>

namespace stint {

/// Accepts with probability min(1, exp(-delta_h)), u uniform in (0, 1]. A NaN or infinite delta_h is a rejection: the
/// trajectory left the region where the numbers mean anything.
inline bool metropolis_accepts(double delta_h, double u) {
  return std::isfinite(delta_h) && (delta_h <= 0 || u < std::exp(-delta_h));
}

} // namespace stint
