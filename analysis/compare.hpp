#pragma once
// Do two ensembles follow the same law?

#include "analysis/estimate.hpp"

namespace stint {

struct ComparedObservable {
  std::string name;
  Estimate reference, value;
  double z = 0; ///< (value - reference) / sqrt(both errors squared)
};

struct Comparison {
  std::vector<ComparedObservable> observables;
  double ks_statistic = 0; ///< Kolmogorov-Smirnov distance of the magnetisation's distributions
  double ks_p_value = 0;   ///< with the numbers of configurations reduced by 2 tau_int
  double wasserstein1 = 0; ///< W1 distance of the same
};

/// The observables that both ensembles define (see estimate_all), in the order of the design. All numbers are finite:
/// where both errors are 0, z is 0 for equal values and the largest double, signed, for others. ks_p_value takes each
/// ensemble for N / max(1, 2 tau_int(M)) independent configurations. Throws std::invalid_argument if the two are on
/// different lattices, and for what estimate_all throws.
Comparison compare(const Measurements& reference, const Measurements& other);

} // namespace stint
