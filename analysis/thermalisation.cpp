#include "analysis/thermalisation.hpp"

#include "analysis/convergence.hpp"
#include "analysis/gamma_method.hpp"
#include "analysis/rank_convergence.hpp"
#include "analysis/series_threads.hpp"
#include "lattice/parallel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stint {
namespace {

constexpr double significant = 4;        // errors
constexpr std::int64_t few_steps = 50;   // of which the largest says little about the tail of their law
constexpr std::int64_t fewest_steps = 8; // of the longest chain
constexpr std::array judged = {primary::abs_magnetisation, primary::phi2, primary::nearest_neighbour,
                               primary::action_density};

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

/// The means over chains at the times that have a configuration.
struct StepMeans {
  std::vector<double> means;
  std::vector<std::int64_t> times; ///< empty if that is every time
};

StepMeans step_means(std::span<const double> sum, std::span<const double> count) {
  StepMeans steps;
  for (std::int64_t t = 0; t < std::ssize(sum); ++t)
    if (count[t] > 0) {
      steps.means.push_back(sum[t] / count[t]);
      steps.times.push_back(t);
    }
  if (steps.means.size() == sum.size())
    steps.times.clear();
  return steps;
}

/// The values of a normal law that have the ranks of these.
std::vector<double> normal_scores(std::span<const double> values) {
  std::vector<std::int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return values[i]; });
  std::vector<double> scores(values.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank)
    scores[order[rank]] =
        normal_quantile((static_cast<double>(rank) + 0.625) / (static_cast<double>(order.size()) + 0.25));
  return scores;
}

double variance_of(std::span<const double> series) {
  RunningMoments moments;
  for (const double value : series)
    moments.add(value);
  return moments.variance();
}

/// The mean of the first `early` steps minus the mean of the rest, in errors from this variance of a step.
double deviation(std::span<const double> series, std::span<const std::int64_t> times, std::int64_t early,
                 double variance) {
  const auto rest = series.subspan(early);
  std::vector<std::int64_t> rest_times;
  for (std::size_t k = early; k < times.size(); ++k)
    rest_times.push_back(times[k] - times[early]);
  const std::int64_t length = std::ssize(rest);
  const double tau = std::max(0.5, gamma_method(rest, {&length, 1}, rest_times).tau_int);
  const double before = std::max(1.0, static_cast<double>(early) / (2 * tau));
  const double after = std::max(1.0, static_cast<double>(length) / (2 * tau));
  const double difference = series_mean(series.first(early)) - series_mean(rest);
  return difference == 0 ? 0 : difference / std::sqrt(variance * (1 / before + 1 / after));
}

/// Is the mean of the first `early` steps far outside of all that the rest does?
bool outlies(std::span<const double> means, std::int64_t early) {
  const auto rest = means.subspan(early);
  const double mean = series_mean(rest);
  double largest = 0;
  for (const double value : rest)
    largest = std::max(largest, std::abs(value - mean));
  const double far_outside = std::ssize(means) < few_steps ? 3 : 2;
  return std::abs(series_mean(means.first(early)) - mean) > far_outside * largest;
}

/// How far the beginning of the chains up to time `cut` is off, in errors; 0 if it need not be.
double significant_deviation(const StepMeans& steps, std::int64_t cut) {
  const auto early = steps.times.empty() ? cut : std::ranges::lower_bound(steps.times, cut) - steps.times.begin();
  if (early == 0 || std::ssize(steps.means) - early < 2)
    return 0;
  const double z = deviation(steps.means, steps.times, early, variance_of(std::span(steps.means).subspan(early)));
  if (std::abs(z) <= significant)
    return 0;
  if (outlies(steps.means, early) ||
      std::abs(deviation(normal_scores(steps.means), steps.times, early, 1)) > significant)
    return z;
  return 0;
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
    const auto index = judged[which];
    std::vector<double> sum(steps);
    for (std::size_t k = 0; k < times.size(); ++k)
      sum[times[k]] += measurements.values[chains.order[k] * primary_count + index];
    const std::int64_t cut = mser(sum, count);
    const double z = significant_deviation(step_means(sum, count), cut);
    if (z != 0)
      cuts[which] = {cut * chains.spacing, primary_names[index], z, cut < steps / 2};
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
