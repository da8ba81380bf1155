#pragma once
// How each configuration pulls the observables of its ensemble: the series that errors come from.

#include "analysis/chains.hpp"
#include "analysis/observables.hpp"

#include <span>
#include <vector>

namespace stint {

/// The observables F(means) of an ensemble, and for each the series sum_k dF/dmean_k (a_k - mean_k) of its
/// configurations, whose mean fluctuates as F does (Wolff (33)). With weights w_i the means are sum_i w_i a_i / sum_i
/// w_i and the series has the factor w_i / wbar. Refers to its measurements and chains.
class Fluctuations {
public:
  /// Throws std::invalid_argument if there are fewer than 2 configurations, if a value is not finite or if the sizes do
  /// not fit.
  Fluctuations(const Measurements& measurements, const Chains& chains, ObservableRows rows = observables());

  /// The observables in the order of their table, NaN where undefined.
  const std::vector<PrimaryDual>& values() const { return values_; }

  const PrimaryMeans& means() const { return means_; } ///< of the primary values

  /// The series of a function of the means with this gradient, (N) in the order of the chains.
  void series(const PrimaryMeans& gradient, std::span<double> series) const;

private:
  std::span<const double, primary_count> primaries(std::int64_t configuration) const;
  void find_means();

  const Measurements& measurements_;
  const Chains& chains_;
  ObservableRows rows_;
  std::vector<double> weights_; ///< of mean 1, in the order of the chains; empty if all count alike
  PrimaryMeans means_{};
  std::vector<PrimaryDual> values_;
};

/// The covariances of the estimates of all observables, row by row in the order of their table: the covariance of their
/// series over configurations, scaled so that its diagonal is `errors` squared. Autocorrelation thus enters by the
/// errors; correlations are those within a configuration. NaN where an observable is undefined.
std::vector<std::vector<double>> covariances(const Fluctuations& fluctuations, std::int64_t configurations,
                                             std::span<const double> errors);

} // namespace stint
