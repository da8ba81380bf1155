#pragma once
// Do two ensembles follow the same law?

#include "analysis/estimate.hpp"
#include "analysis/permutation_test.hpp"

#include <cstdint>

namespace stint {

struct ComparedObservable {
  std::string name;
  Estimate reference, value;
  double z = 0; ///< (value - reference) / sqrt(both errors squared); infinite where both errors are 0, NaN if undefined
  std::string undefined; ///< why z is no finite number; else empty
};

struct Comparison {
  std::vector<ComparedObservable> observables; ///< one for each row
  double ks_statistic = 0;                     ///< Kolmogorov-Smirnov distance of the magnetisation's distributions
  double ks_p_value = 0;                       ///< with the numbers of configurations that count as independent
  double wasserstein1 = 0;                     ///< W1 distance of the same
  PermutationTest permutation;                 ///< of all observables at once, and the p value of W1

  std::int64_t compared() const;          ///< observables that both ensembles define
  double largest_z() const;               ///< largest |z|
  int beyond(double z) const;             ///< observables with |z| beyond it
  double expected_beyond(double z) const; ///< how many there would be of one law, erfc(z/sqrt(2)) of those compared
};

/// All observables in the order of their rows. z is NaN where an ensemble leaves one undefined (see estimate_all).
/// Where both errors are 0, it is 0 for equal values and infinite for others. ks_p_value takes each ensemble for as
/// many independent configurations as the error of <M> says (GammaResult::independent). The permutation test draws from
/// `seed`. Throws std::invalid_argument if the two are on different lattices, and for what estimate_all throws.
Comparison compare(const Measurements& reference, const Measurements& other, std::uint64_t seed = 1,
                   ObservableRows rows = observables());

} // namespace stint
