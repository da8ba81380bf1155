#include "analysis/estimate.hpp"

#include "analysis/chains.hpp"
#include "analysis/derived.hpp"
#include "analysis/gamma_method.hpp"

#include <array>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

using Columns = std::array<std::vector<double>, primary_count>;

/// The primary values as series in the order of the chains.
Columns chain_order(const Measurements& measurements, const Chains& chains) {
  Columns columns;
  for (auto& column : columns)
    column.reserve(chains.order.size());
  for (const std::int64_t i : chains.order)
    for (int k = 0; k < primary_count; ++k) {
      const double value = measurements.values[i * primary_count + k];
      if (!std::isfinite(value))
        throw std::invalid_argument("configuration " + std::to_string(i) +
                                    " of the ensemble holds NaN, Inf or numbers too large to measure");
      columns[k].push_back(value);
    }
  return columns;
}

/// sum_k gradient_k (a_k - mean_k), the series whose mean fluctuates as the derived observable does.
std::vector<double> project(const Columns& columns, const PrimaryMeans& means, const DerivedObservable& observable) {
  std::vector<double> series(columns[0].size());
  for (int k = 0; k < primary_count; ++k)
    if (observable.gradient[k] != 0)
      for (std::size_t i = 0; i < series.size(); ++i)
        series[i] += observable.gradient[k] * (columns[k][i] - means[k]);
  return series;
}

} // namespace

std::vector<NamedEstimate> estimate_all(const Measurements& measurements) {
  const Chains chains = split_chains(measurements.chain, measurements.trajectory);
  if (measurements.values.size() != chains.order.size() * primary_count)
    throw std::invalid_argument("measurements of " + std::to_string(chains.order.size()) + " configurations hold " +
                                std::to_string(measurements.values.size()) + " values");
  if (chains.order.size() < 2)
    throw std::invalid_argument("errors need at least 2 configurations, not " + std::to_string(chains.order.size()));
  const Columns columns = chain_order(measurements, chains);
  PrimaryMeans means{};
  for (int k = 0; k < primary_count; ++k)
    means[k] = series_mean(columns[k]);

  const auto spacing = static_cast<double>(chains.spacing);
  std::vector<NamedEstimate> estimates;
  for (const auto& observable : derived_observables(measurements.geometry, means)) {
    const auto gamma = gamma_method(project(columns, means, observable), chains.lengths);
    estimates.push_back(
        {observable.name, {observable.value, gamma.error, gamma.tau_int * spacing, gamma.tau_int_error * spacing}});
  }
  return estimates;
}

} // namespace stint
