#include "analysis/gamma_method.hpp"

#include "analysis/autocovariance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

constexpr std::int64_t first_lags = 4096;         // more only where the window needs them
constexpr double significant_anticorrelation = 4; // standard deviations of Gamma(1) of white noise
constexpr std::int64_t all_lags = std::numeric_limits<std::int64_t>::max();

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

/// The lags t with enough pairs to estimate Gamma(t): a quarter of the P(t) that N entries would have at random times
/// of their chains.
std::vector<bool> known_lags(const LaggedProducts& products, std::span<const std::int64_t> lengths,
                             std::span<const std::int64_t> times) {
  const auto longest = products.pairs.size();
  if (times.empty())
    return std::vector<bool>(longest, true);
  std::vector<std::int64_t> ending(longest + 1); // chains by the times that they span
  std::int64_t last = -1, all_times = 0;
  for (const std::int64_t n : lengths) {
    last += n;
    ++ending[times[last] + 1];
    all_times += times[last] + 1;
  }
  const double filled = static_cast<double>(times.size()) / static_cast<double>(all_times);
  std::vector<bool> known(longest);
  std::int64_t without_gaps = all_times, chains_left = std::ssize(lengths);
  for (std::size_t t = 0; t < longest; ++t) {
    known[t] = static_cast<double>(products.pairs[t]) >= 0.25 * filled * filled * static_cast<double>(without_gaps);
    chains_left -= ending[t];
    without_gaps -= chains_left;
  }
  return known;
}

/// Gamma(t), interpolated where it is not known; as at the last known lag beyond that.
std::vector<double> autocovariances(const LaggedProducts& products, const std::vector<bool>& known) {
  std::vector<double> gamma(products.sum.size());
  std::size_t last = 0;
  for (std::size_t t = 0; t < gamma.size(); ++t) {
    if (!known[t]) {
      gamma[t] = gamma[last];
      continue;
    }
    gamma[t] = products.sum[t] / static_cast<double>(products.pairs[t]);
    for (std::size_t s = last + 1; s < t; ++s)
      gamma[s] = std::lerp(gamma[last], gamma[t], static_cast<double>(s - last) / static_cast<double>(t - last));
    last = t;
  }
  return gamma;
}

/// The sums up to the window W that the condition chooses.
struct Window {
  WindowSums sums{};
  std::int64_t length = 0; ///< W
  bool closed = false;     ///< the condition is fulfilled
  bool more = true;        ///< it might be with further lags
};

Window find_window(const LaggedProducts& products, std::span<const double> gamma, double N, double window_factor) {
  const double variance = gamma[0];
  const std::int64_t lags = std::ssize(products.sum);
  Window window{.sums = {variance, variance, 1}, .closed = lags == 1}; // chains of one configuration are independent
  auto& sums = window.sums;
  while (!window.closed && window.length + 1 < lags) {
    const std::int64_t t = window.length + 1;
    const double weight = static_cast<double>(products.pairs[t]) / N;
    if (sums.weight + 2 * weight > N / 2) {
      window.more = false;
      break;
    }
    sums.gamma += 2 * gamma[t];
    sums.weighted_gamma += 2 * products.sum[t] / N;
    sums.weight += 2 * weight;
    window.length = t;
    window.closed = window_condition(static_cast<double>(t), sums.gamma / (2 * variance), N, window_factor) < 0;
  }
  return window;
}

/// Is Gamma(1) negative beyond doubt?
bool anticorrelated(const LaggedProducts& products, std::span<const double> gamma) {
  return gamma.size() > 2 && products.pairs[1] > 0 &&
         gamma[1] < -significant_anticorrelation * gamma[0] / std::sqrt(static_cast<double>(products.pairs[1]));
}

/// The same for an anticorrelated series: the window of the series smoothed by (a_i + a_{i+1})/2, whose sums are those
/// of `gamma` with the factors 3/4 at W and 1/4 at W + 1.
Window find_smoothed_window(const LaggedProducts& products, std::span<const double> gamma, double N,
                            double window_factor) {
  const auto smoothed = [&](std::int64_t t) { return (gamma[std::abs(t - 1)] + 2 * gamma[t] + gamma[t + 1]) / 4; };
  const auto weight = [&](std::int64_t t) { return static_cast<double>(products.pairs[t]) / N; };
  Window window{.sums = {gamma[0], gamma[0], 1}};
  double sum = smoothed(0), weights = 1;
  while (!window.closed && window.length + 2 < std::ssize(gamma)) {
    const std::int64_t t = window.length + 1;
    weights += 2 * weight(t);
    if (weights + weight(t + 1) > N / 2) {
      window.more = false;
      break;
    }
    sum += 2 * smoothed(t);
    window.length = t;
    window.closed = window_condition(static_cast<double>(t), sum / (2 * smoothed(0)), N, window_factor) < 0;
  }
  for (std::int64_t t = 1; t <= window.length + 1 && window.length > 0; ++t) {
    const double factor = t < window.length ? 2 : (t == window.length ? 1.5 : 0.5);
    window.sums.gamma += factor * gamma[t];
    window.sums.weighted_gamma += factor * products.sum[t] / N;
    window.sums.weight += factor * weight(t);
  }
  return window;
}

/// The sums without a window: of independent entries, or of independent (a_i + a_{i+1})/2.
WindowSums shortest_sums(const LaggedProducts& products, std::span<const double> gamma, bool smooth, double N) {
  if (!smooth || gamma[0] + gamma[1] <= 0)
    return {gamma[0], gamma[0], 1};
  return {(gamma[0] + gamma[1]) / 2, (gamma[0] + products.sum[1] / N) / 2,
          (1 + static_cast<double>(products.pairs[1]) / N) / 2};
}

} // namespace

double series_mean(std::span<const double> series) {
  double sum = 0;
  for (const double value : series)
    sum += value - series[0];
  return series[0] + sum / static_cast<double>(series.size());
}

GammaResult gamma_method(std::span<const double> series, std::span<const std::int64_t> lengths,
                         std::span<const std::int64_t> times, double window_factor) {
  if (series.size() < 2)
    throw std::invalid_argument("an error needs at least 2 configurations, not " + std::to_string(series.size()));
  const auto N = static_cast<double>(series.size());
  const double mean = series_mean(series);
  GammaResult result;
  result.independent = N;
  Window window;
  WindowSums shortest{};
  double variance = 0;
  for (std::int64_t lags = times.empty() ? first_lags : all_lags; window.more;
       lags = std::min(lags, all_lags / 8) * 8) {
    const auto products = lagged_products(series, lengths, times, lags, mean);
    const auto gamma = autocovariances(products, known_lags(products, lengths, times));
    variance = gamma[0];
    if (variance <= 0)
      return result;
    const bool smooth = anticorrelated(products, gamma);
    window = smooth ? find_smoothed_window(products, gamma, N, window_factor)
                    : find_window(products, gamma, N, window_factor);
    shortest = shortest_sums(products, gamma, smooth, N);
    window.more = !window.closed && window.more && times.empty() && lags < *std::ranges::max_element(lengths);
  }
  auto& sums = window.sums;
  result.window = window.length;
  result.window_closed = window.closed;
  if (std::min(sums.gamma, sums.weighted_gamma) <= 0) {
    sums = shortest;
    result.window = 0;
  }

  const auto W = static_cast<double>(result.window);
  const double bias = sums.weighted_gamma / N / (1 - sums.weight / N); // the error^2 that solves its own bias
  result.error = std::sqrt(bias);
  result.independent = std::min(N, (variance + bias) / bias);
  result.error_of_error = result.error * std::sqrt((W + 0.5) / N);
  result.tau_int = (sums.gamma + (2 * W + 1) * bias) / (2 * (variance + bias));
  result.tau_int_error = 2 * result.tau_int * std::sqrt(std::max(0.0, W + 0.5 - result.tau_int) / N);
  if (!result.window_closed)
    result.tau_int_error = std::hypot(result.tau_int_error, result.tau_int * std::exp(-W / result.tau_int));
  return result;
}

} // namespace stint
