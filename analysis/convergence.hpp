#pragma once
// Have the chains forgotten where they began? Split R-hat of series that are not kept.

#include <cstdint>
#include <span>

namespace stint {

/// Number, mean and squared deviations of a series by Welford's recursion (doi:10.1080/00401706.1962.10490022). Plain
/// doubles, so that a checkpoint can store them.
struct RunningMoments {
  double count = 0;
  double mean = 0;
  double squares = 0; ///< sum_i (a_i - mean)^2

  void add(double value);
  double variance() const { return squares / (count - 1); } ///< unbiased; needs two entries

  bool operator==(const RunningMoments&) const = default;
};

/// The two halves of a series whose length is known in advance; the middle entry of an odd number belongs to neither.
struct SplitMoments {
  RunningMoments first, second;

  /// Entry number `index` = 0, ..., length - 1 of the series.
  void add(double value, std::int64_t index, std::int64_t length);

  bool operator==(const SplitMoments&) const = default;
};

/// Split R-hat of M/2 chains, each split into two halves of N entries (Gelman et al., Bayesian Data Analysis, 3rd
/// edition, section 11.4; Vehtari et al., arXiv:1903.08008, eqs. 1 to 4). With mean mu_m and variance s_m^2 of half m
/// and the mean mu of all,
///   B = N/(M - 1) sum_m (mu_m - mu)^2,  W = 1/M sum_m s_m^2,  R-hat = sqrt((N - 1)/N + B/(N W)).
/// Near 1 if every half chain samples the same law; about sqrt(1 + 2 tau_int/N) once chains are stationary.
/// NaN where it means nothing: no chain, halves of fewer than 2 entries, or no variance within them.
double split_r_hat(std::span<const SplitMoments> chains);

} // namespace stint
