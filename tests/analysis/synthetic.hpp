#pragma once
// Synthetic Markov chains with a known law.

#include "lattice/random.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

namespace stint::testing {

/// `chains` stationary AR(1) chains of `length` entries, one after the other: a_{i+1} = rho a_i + sqrt(1 - rho^2) xi,
/// so that <a> = 0, <a^2> = 1, Gamma(t) = rho^t and tau_int = (1 + rho) / (1 - rho) / 2. `ensemble` numbers independent
/// repetitions.
inline std::vector<double> ar1(double rho, std::int64_t chains, std::int64_t length, std::uint32_t ensemble) {
  std::vector<double> series(chains * length);
  Stream{.seed = 306017, .chain = ensemble}.normals(series);
  for (std::int64_t i = 0; i < std::ssize(series); ++i)
    if (i % length != 0)
      series[i] = rho * series[i - 1] + std::sqrt(1 - rho * rho) * series[i];
  return series;
}

inline double ar1_tau_int(double rho) { return (1 + rho) / (1 - rho) / 2; }

} // namespace stint::testing
