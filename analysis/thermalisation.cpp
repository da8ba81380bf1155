#include "analysis/thermalisation.hpp"

#include "analysis/gamma_method.hpp"
#include "analysis/series_threads.hpp"
#include "lattice/parallel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stint {
namespace {

constexpr double significant = 4;        // errors
constexpr std::int64_t fewest_steps = 8; // of the longest chain
constexpr std::array<std::pair<Primary, const char*>, 4> judged = {{{abs_magnetisation, "abs_magnetisation"},
                                                                    {phi2, "phi2"},
                                                                    {nearest_neighbour, "nearest_neighbour"},
                                                                    {action_density, "action_density"}}};

/// Steps since the first of its chain, for the configurations in the order of the chains.
std::vector<std::int64_t> times_of(const Chains& chains) {
  if (!chains.times.empty())
    return chains.times;
  std::vector<std::int64_t> times;
  times.reserve(chains.order.size());
  for (const std::int64_t n : chains.lengths)
    for (std::int64_t t = 0; t < n; ++t)
      times.push_back(t);
  return times;
}

/// argmin of MSER(d) over d = 0 ... count.size()/2, from sums and numbers of the configurations at each time.
std::int64_t mser(std::span<const double> sum, std::span<const double> count) {
  double weight = 0, mean = 0, squares = 0, best = std::numeric_limits<double>::infinity();
  std::int64_t cut = 0;
  for (std::int64_t d = std::ssize(sum) - 1; d >= 0; --d) {
    if (count[d] > 0) { // the weighted moments of all times >= d, by Welford's recursion
      const double deviation = sum[d] / count[d] - mean;
      weight += count[d];
      mean += deviation * count[d] / weight;
      squares += count[d] * deviation * (sum[d] / count[d] - mean);
    }
    const double score = squares / (weight * weight);
    if (d <= std::ssize(sum) / 2 && score <= best) {
      best = score;
      cut = d;
    }
  }
  return cut;
}

/// The mean before `cut` minus the mean after it, in errors.
double deviation(std::span<const double> series, std::span<const std::int64_t> times, const Chains& chains,
                 std::int64_t cut) {
  std::vector<double> before, after;
  std::vector<std::int64_t> lengths, rest_times;
  double independent = 0; // of the configurations before the cut, by chain
  std::size_t k = 0;
  std::vector<std::int64_t> early; // configurations before the cut of each chain
  for (const std::int64_t n : chains.lengths) {
    const std::size_t start = after.size(), head = before.size();
    for (std::int64_t i = 0; i < n; ++i, ++k)
      (times[k] < cut ? before : after).push_back(series[k]);
    early.push_back(static_cast<std::int64_t>(before.size() - head));
    const auto rest = static_cast<std::int64_t>(after.size() - start);
    if (rest == 0)
      continue;
    lengths.push_back(rest);
    if (!chains.times.empty())
      for (auto i = k - rest; i < k; ++i)
        rest_times.push_back(times[i] - times[k - rest]);
  }
  if (before.empty() || after.size() < 2)
    return 0;
  const auto gamma = gamma_method(after, lengths, rest_times);
  const double mean = series_mean(after), variance = gamma.error * gamma.error * gamma.independent;
  for (const std::int64_t n : early)
    if (n > 0)
      independent += std::max(1.0, static_cast<double>(n) / (2 * gamma.tau_int));
  const double error = std::hypot(gamma.error, std::sqrt(variance / independent));
  const double difference = series_mean(before) - mean;
  return difference == 0 ? 0 : difference / error;
}

} // namespace

ThermalisationCut suggest_cut(const Measurements& measurements, const Chains& chains) {
  const auto times = times_of(chains);
  const std::int64_t steps = times.empty() ? 0 : std::ranges::max(times) + 1;
  if (steps < fewest_steps)
    return {};
  std::vector<double> count(steps);
  for (const std::int64_t t : times)
    count[t] += 1;
  std::array<ThermalisationCut, judged.size()> cuts;
  parallel_for(std::ssize(judged), threads_for(std::ssize(times)), [&](std::int64_t which) {
    const auto& [primary, name] = judged[which];
    std::vector<double> sum(steps), series(times.size());
    for (std::size_t k = 0; k < times.size(); ++k) {
      series[k] = measurements.values[chains.order[k] * primary_count + primary];
      sum[times[k]] += series[k];
    }
    const std::int64_t cut = mser(sum, count);
    const double z = cut == 0 ? 0 : deviation(series, times, chains, cut);
    if (std::abs(z) > significant)
      cuts[which] = {cut * chains.spacing, name, z, cut < steps / 2};
  });
  return *std::ranges::max_element(cuts, {}, &ThermalisationCut::trajectories); // the first of equal ones
}

std::vector<std::int64_t> after_beginning(const Measurements& measurements, std::int64_t trajectories) {
  std::unordered_map<std::int64_t, std::int64_t> first;
  for (std::size_t i = 0; i < measurements.chain.size(); ++i) {
    const auto [found, inserted] = first.try_emplace(measurements.chain[i], measurements.trajectory[i]);
    found->second = std::min(found->second, measurements.trajectory[i]);
  }
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < measurements.chain.size(); ++i)
    if (measurements.trajectory[i] - first.at(measurements.chain[i]) >= trajectories)
      kept.push_back(static_cast<std::int64_t>(i));
  return kept;
}

Measurements select(const Measurements& measurements, std::span<const std::int64_t> configurations) {
  Measurements selected{measurements.geometry, {}, {}, {}};
  selected.values.reserve(configurations.size() * primary_count);
  for (const std::int64_t i : configurations) {
    selected.chain.push_back(measurements.chain[i]);
    selected.trajectory.push_back(measurements.trajectory[i]);
    selected.number.push_back(measurements.number_of(i));
    if (!measurements.weight.empty())
      selected.weight.push_back(measurements.weight[i]);
    const auto values = measurements.values.begin() + i * primary_count;
    selected.values.insert(selected.values.end(), values, values + primary_count);
  }
  return selected;
}

} // namespace stint
