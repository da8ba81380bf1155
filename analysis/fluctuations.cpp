#include "analysis/fluctuations.hpp"

#include "analysis/gamma_method.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace stint {

Fluctuations::Fluctuations(const Measurements& measurements, const Chains& chains, ObservableRows rows)
    : measurements_(measurements), chains_(chains), rows_(rows) {
  const auto configurations = std::to_string(chains.order.size());
  if (measurements.values.size() != chains.order.size() * primary_count)
    throw std::invalid_argument("measurements of " + configurations + " configurations hold " +
                                std::to_string(measurements.values.size()) + " values");
  if (!measurements.weight.empty() && measurements.weight.size() != chains.order.size())
    throw std::invalid_argument(std::to_string(measurements.weight.size()) + " weights for " + configurations +
                                " configurations");
  if (chains.order.size() < 2)
    throw std::invalid_argument("errors need at least 2 configurations, not " + configurations);
  if (!measurements.weight.empty()) {
    for (const std::int64_t i : chains.order)
      weights_.push_back(measurements.weight[i]);
    const double mean = series_mean(weights_);
    for (double& weight : weights_)
      weight /= mean;
  }
  find_means();
  values_ = evaluate_observables(measurements.geometry, means_, rows_);
}

std::span<const double, primary_count> Fluctuations::primaries(std::int64_t configuration) const {
  return std::span(measurements_.values).subspan(configuration * primary_count).first<primary_count>();
}

/// Sums are of distances from the first value, as in series_mean.
void Fluctuations::find_means() {
  PrimaryMeans first{}, sums{};
  for (std::size_t i = 0; i < chains_.order.size(); ++i) {
    const auto values = primaries(chains_.order[i]);
    const double weight = weights_.empty() ? 1 : weights_[i];
    for (int k = 0; k < primary_count; ++k) {
      if (!std::isfinite(values[k]))
        throw std::invalid_argument("configuration " + std::to_string(measurements_.number_of(chains_.order[i])) +
                                    " of the ensemble holds NaN, Inf or numbers too large to measure");
      if (i == 0)
        first[k] = weight * values[k];
      sums[k] += weight * values[k] - first[k];
    }
  }
  for (int k = 0; k < primary_count; ++k)
    means_[k] = first[k] + sums[k] / static_cast<double>(chains_.order.size());
}

void Fluctuations::series(const PrimaryMeans& gradient, std::span<double> series) const {
  std::vector<int> needed;
  for (int k = 0; k < primary_count; ++k)
    if (gradient[k] != 0)
      needed.push_back(k);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto values = primaries(chains_.order[i]);
    series[i] = 0;
    for (const int k : needed)
      series[i] += gradient[k] * (values[k] - means_[k]);
  }
  for (std::size_t i = 0; i < weights_.size(); ++i)
    series[i] *= weights_[i];
}

std::vector<std::vector<double>> covariances(const Fluctuations& fluctuations, std::int64_t configurations,
                                             std::span<const double> errors) {
  std::vector<double> series(configurations * primary_count);
  for (int k = 0; k < primary_count; ++k) {
    PrimaryMeans only{};
    only[k] = 1;
    fluctuations.series(only, std::span(series).subspan(k * configurations, configurations));
  }
  std::array<PrimaryMeans, primary_count> products{}; // of the primary values
  for (int k = 0; k < primary_count; ++k)
    for (int l = 0; l < primary_count; ++l)
      for (std::int64_t i = 0; i < configurations; ++i)
        products[k][l] += series[k * configurations + i] * series[l * configurations + i];
  const auto product = [&](const PrimaryMeans& a, const PrimaryMeans& b) {
    double sum = 0;
    for (int k = 0; k < primary_count; ++k)
      for (int l = 0; l < primary_count; ++l)
        sum += a[k] * products[k][l] * b[l];
    return sum;
  };
  const auto& values = fluctuations.values();
  std::vector<std::vector<double>> found(values.size(), std::vector<double>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = 0; j < values.size(); ++j) {
      const auto &a = values[i].gradient, &b = values[j].gradient;
      const double variances = product(a, a) * product(b, b);
      const double correlation = variances > 0 ? product(a, b) / std::sqrt(variances) : (i == j ? 1 : 0);
      found[i][j] = errors[i] * errors[j] * correlation; // errors of undefined ones are NaN
    }
  return found;
}

} // namespace stint
