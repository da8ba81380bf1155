#pragma once
// Two-sample tests by permutation: one for all observables at once, one for the magnetisation.

#include "analysis/primaries.hpp"

#include <cstdint>
#include <limits>

namespace stint {

struct PermutationTest {
  double energy_distance = std::numeric_limits<double>::quiet_NaN();
  double energy_p_value = std::numeric_limits<double>::quiet_NaN();
  double wasserstein1_p_value = std::numeric_limits<double>::quiet_NaN(); ///< of the magnetisation
  std::int64_t reference = 0, other = 0; ///< configurations of each ensemble that entered
};

/// Permuting labels is exact for independent configurations only, so up to 1000 of each ensemble enter: of each chain,
/// beginning with its last configuration, every s-th step with s = 5 (tau - 1/2), rounded up, at least 1, tau the
/// largest tau_int of the observables in steps (neighbours are then correlated by less than a tenth); chains shorter
/// than s, and chains beyond 1000, give one configuration or none. Each configuration is the vector of its primary
/// values (observables.hpp), each divided by its standard deviation in both samples together; constant ones drop out.
///   energy distance   2 E|A - B| - E|A - A'| - E|B - B'| with Euclidean |.|, 0 only for equal laws (Szekely & Rizzo,
///                     doi:10.1016/j.jspi.2013.03.018), over the n_a n_b pairs, all n^2 within a sample
///   p value           (1 + number of 999 permutations at least as far apart) / 1000, for it and for the W1 distance of
///                     the magnetisations
/// Random numbers: Stream{seed, Purpose::permutation, 0, permutation}. NaN if a sample has fewer than 8 configurations.
/// Throws what estimate_all throws.
PermutationTest permutation_test(const Measurements& reference, const Measurements& other, std::uint64_t seed);

} // namespace stint
