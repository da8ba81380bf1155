#include "analysis/rank_convergence.hpp"

#include "analysis/autocovariance.hpp"
#include "analysis/chains.hpp"
#include "analysis/convergence.hpp"
#include "analysis/gamma_method.hpp"
#include "analysis/series_threads.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace stint {
namespace {

constexpr std::int64_t most_entries = 1 << 18; // that count; more are thinned
constexpr std::int64_t fewest_of_half = 64;    // that thinning leaves of half a chain

/// Halves of equal length n, one after the other.
struct Halves {
  std::vector<double> values;
  std::int64_t n;

  std::int64_t count() const { return std::ssize(values) / n; }
};

Halves split(std::span<const double> series, std::span<const std::int64_t> lengths) {
  if (std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}) != std::ssize(series))
    throw std::invalid_argument("chains do not fit a series of " + std::to_string(series.size()));
  const std::int64_t shortest = lengths.empty() ? 0 : *std::ranges::min_element(lengths);
  const std::int64_t all = shortest / 2 * 2 * std::ssize(lengths);
  const std::int64_t stride = std::clamp<std::int64_t>((all + most_entries - 1) / most_entries, 1,
                                                       std::max<std::int64_t>(shortest / 2 / fewest_of_half, 1));
  Halves halves{{}, shortest / 2 / stride};
  halves.values.reserve(2 * halves.n * std::ssize(lengths));
  std::int64_t end = 0;
  for (const std::int64_t length : lengths) {
    end += length;
    const auto chain = series.subspan(end - shortest, shortest);
    for (const auto& half : {chain.first(shortest / 2), chain.last(shortest / 2)})
      for (std::int64_t i = 0; i < halves.n; ++i)
        halves.values.push_back(half[i * stride]);
  }
  return halves;
}

/// The x with Phi(x) = p <= 1/2 by Newton's method on log Phi, which is concave: from the left it cannot overshoot.
double lower_quantile(double p, double start) {
  double x = start;
  for (int step = 0; step < 100; ++step) {
    const double phi = std::erfc(-x / std::numbers::sqrt2) / 2;
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    const double change = phi / density * std::log(p / phi);
    x += change;
    if (std::abs(change) <= 1e-15 * std::max(1.0, std::abs(x)))
      break;
  }
  return x;
}

void rank_normalise(std::vector<double>& values) {
  struct Entry {
    double value;
    std::int64_t index;
  };
  std::vector<Entry> sorted(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    sorted[i] = {values[i], static_cast<std::int64_t>(i)};
  std::ranges::sort(sorted, {}, &Entry::value);
  const auto S = static_cast<double>(values.size());
  double magnitude = -normal_quantile(0.625 / (S + 0.25)); // |z| of the rank before: next to that of this one
  for (std::size_t first = 0, last = 0; first < sorted.size(); first = last) {
    while (last < sorted.size() && sorted[last].value == sorted[first].value)
      ++last;
    const double rank = (static_cast<double>(first + last) + 1) / 2; // the mean of first + 1, ..., last
    const double p = (rank - 0.375) / (S + 0.25);
    magnitude = -lower_quantile(std::min(p, 1 - p), -magnitude);
    for (std::size_t k = first; k < last; ++k)
      values[sorted[k].index] = std::copysign(magnitude, p - 0.5);
  }
}

double r_hat(const Halves& halves) {
  std::vector<SplitMoments> moments(halves.count() / 2);
  for (std::size_t i = 0; i < halves.values.size(); ++i) {
    const auto chain = static_cast<std::int64_t>(i) / (2 * halves.n),
               index = static_cast<std::int64_t>(i) % (2 * halves.n);
    moments[chain].add(halves.values[i], index, 2 * halves.n);
  }
  return split_r_hat(moments);
}

/// The distances of the values from their median.
Halves folded(Halves halves) {
  auto lower = halves.values;
  const auto middle = lower.begin() + std::ssize(lower) / 2; // the number of values is even
  std::ranges::nth_element(lower, middle);
  const double median = (*middle + *std::max_element(lower.begin(), middle)) / 2;
  for (double& value : halves.values)
    value = std::abs(value - median);
  return halves;
}

double effective_sample_size(const Halves& halves) {
  const std::int64_t n = halves.n, count = halves.count();
  auto deviation = halves.values;
  RunningMoments means;
  for (std::int64_t m = 0; m < count; ++m) {
    const auto half = std::span(deviation).subspan(m * n, n);
    const double mean = series_mean(half);
    means.add(mean);
    for (double& value : half)
      value -= mean;
  }
  const auto products = lagged_products(deviation, std::vector<std::int64_t>(count, n));
  const auto S = static_cast<double>(count * n);
  const double within = products.sum[0] / (S - static_cast<double>(count));
  const double total = products.sum[0] / S + means.variance();
  if (!(total > 0))
    return std::numeric_limits<double>::quiet_NaN();
  const auto rho = [&](std::int64_t t) { return t == 0 ? 1 : 1 - (within - products.sum[t] / S) / total; };

  double tau = -1, smallest = std::numeric_limits<double>::infinity();
  std::int64_t t = 0;
  for (; t + 1 < n; t += 2) {
    const double pair = rho(t) + rho(t + 1);
    if (pair <= 0)
      break;
    smallest = std::min(smallest, pair);
    tau += 2 * smallest;
  }
  if (t < n) // the first half of the pair that ends the sum, if it is still positive
    tau += std::max(0.0, rho(t));
  return S / std::max(tau, 1 / std::log10(S));
}

} // namespace

double normal_quantile(double p) {
  if (p > 0.5)
    return -normal_quantile(1 - p);
  return lower_quantile(p, -std::sqrt(-2 * std::log(2 * p))); // Phi(x) <= exp(-x^2/2)/2 left of 0
}

RankConvergence rank_convergence(std::span<const double> series, std::span<const std::int64_t> lengths) {
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  Halves halves = split(series, lengths);
  if (halves.n < 4 || std::ranges::min(halves.values) == std::ranges::max(halves.values))
    return {undefined, undefined};
  Halves distances = folded(halves);
  rank_normalise(halves.values);
  rank_normalise(distances.values);
  return {std::fmax(r_hat(halves), r_hat(distances)), effective_sample_size(halves)};
}

std::vector<NamedConvergence> convergence_all(const Measurements& measurements) {
  const Chains chains = split_chains(measurements.chain, measurements.trajectory);
  constexpr std::array<std::pair<Primary, const char*>, 6> judged = {{{magnetisation, "magnetisation"},
                                                                      {abs_magnetisation, "abs_magnetisation"},
                                                                      {phi2, "phi2"},
                                                                      {phi4, "phi4"},
                                                                      {nearest_neighbour, "nearest_neighbour"},
                                                                      {action_density, "action_density"}}};
  std::vector<NamedConvergence> found(judged.size());
#pragma omp parallel for schedule(dynamic) num_threads(threads_for(std::ssize(chains.order)))
  for (std::size_t k = 0; k < judged.size(); ++k) {
    std::vector<double> series(chains.order.size());
    for (std::size_t i = 0; i < series.size(); ++i)
      series[i] = measurements.values[chains.order[i] * primary_count + judged[k].first];
    found[k] = {judged[k].second, rank_convergence(series, chains.lengths)};
  }
  return found;
}

} // namespace stint
