#pragma once
// Counts of successes, and means, with their errors.

#include <cstdint>
#include <span>

namespace stint {

/// How many of how many, with the interval of Wilson (doi:10.1080/01621459.1927.10502953) at 95 %: with p = count/of
/// and z = 1.96 it is (p + z^2/2n +- z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n), which has a width also at p = 0
/// and 1.
struct Fraction {
  std::int64_t count = 0, of = 0;

  void add(bool success) {
    count += success ? 1 : 0;
    ++of;
  }
  double value() const; ///< NaN of none
  double low() const;
  double high() const;
};

/// A mean of independent values and its error, s/sqrt(n), s^2 the sum of squared deviations over n - 1. NaN where there
/// are too few.
struct MeanOf {
  double value = 0, error = 0;
};
MeanOf mean_of(std::span<const double> values);

} // namespace stint
