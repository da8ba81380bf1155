#include "analysis/gamma_method.hpp"

#include "analysis/autocovariance.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

/// g(W) of Wolff (52), negative once the summed statistical noise outweighs the tail that is left out.
double window_condition(double W, double tau_int, double N, double window_factor) {
  if (tau_int <= 0.5)
    return -1;
  const double tau = window_factor / std::log((2 * tau_int + 1) / (2 * tau_int - 1));
  return std::exp(-W / tau) - tau / std::sqrt(W * N);
}

/// Sums over t = 1 .. W, doubled, beside the term of t = 0.
struct WindowSums {
  double gamma;          ///< Gamma(0) + 2 sum_t Gamma(t)
  double weighted_gamma; ///< Gamma(0) + 2 sum_t P(t)/N Gamma(t)
  double weight;         ///< 1 + 2 sum_t P(t)/N
};

} // namespace

double series_mean(std::span<const double> series) {
  double sum = 0;
  for (const double value : series)
    sum += value - series[0];
  return series[0] + sum / static_cast<double>(series.size());
}

GammaResult gamma_method(std::span<const double> series, std::span<const std::int64_t> lengths, double window_factor) {
  if (series.size() < 2)
    throw std::invalid_argument("an error needs at least 2 configurations, not " + std::to_string(series.size()));
  const auto N = static_cast<double>(series.size());
  std::vector<double> deviation(series.begin(), series.end());
  for (const double mean = series_mean(series); double& value : deviation)
    value -= mean;
  const auto products = lagged_products(deviation, lengths);
  const auto gamma = [&products](std::int64_t t) { return products.sum[t] / static_cast<double>(products.pairs[t]); };
  const double variance = gamma(0);
  GammaResult result;
  if (variance <= 0)
    return result;

  WindowSums sums{variance, variance, 1};
  const std::int64_t longest = std::ssize(products.sum);
  result.window_closed = longest == 1; // chains of one configuration are independent of each other
  while (!result.window_closed && result.window + 1 < longest) {
    const std::int64_t t = result.window + 1;
    const double weight = static_cast<double>(products.pairs[t]) / N;
    if (sums.weight + 2 * weight > N / 2)
      break;
    sums.gamma += 2 * gamma(t);
    sums.weighted_gamma += 2 * weight * gamma(t);
    sums.weight += 2 * weight;
    result.window = t;
    result.window_closed = window_condition(static_cast<double>(t), sums.gamma / (2 * variance), N, window_factor) < 0;
  }
  if (std::min(sums.gamma, sums.weighted_gamma) <= 0) {
    sums = {variance, variance, 1};
    result.window = 0;
  }

  const auto W = static_cast<double>(result.window);
  const double bias = sums.weighted_gamma / N / (1 - sums.weight / N); // the error^2 that solves its own bias
  result.error = std::sqrt(bias);
  result.error_of_error = result.error * std::sqrt((W + 0.5) / N);
  result.tau_int = (sums.gamma + (2 * W + 1) * bias) / (2 * (variance + bias));
  result.tau_int_error = 2 * result.tau_int * std::sqrt(std::max(0.0, W + 0.5 - result.tau_int) / N);
  if (!result.window_closed)
    result.tau_int_error = std::hypot(result.tau_int_error, result.tau_int * std::exp(-W / result.tau_int));
  return result;
}

} // namespace stint
