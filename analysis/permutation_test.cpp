#include "analysis/permutation_test.hpp"

#include "analysis/chains.hpp"
#include "analysis/gamma_method.hpp"
#include "analysis/series_threads.hpp"
#include "lattice/parallel.hpp"
#include "lattice/random.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace stint {
namespace {

constexpr std::int64_t most = 1000, fewest = 8; // configurations of an ensemble
constexpr int permutations = 999;

/// The numbers of configurations that are far apart in their chains.
std::vector<std::int64_t> independent_configurations(const Measurements& measurements) {
  const Chains chains = split_chains(measurements.chain, measurements.trajectory);
  std::array<double, primary_count> tau_ints{};
  parallel_for(primary_count, threads_for(std::ssize(chains.order)), [&](std::int64_t k) {
    std::vector<double> series(chains.order.size());
    for (std::size_t i = 0; i < series.size(); ++i)
      series[i] = measurements.values[chains.order[i] * primary_count + k];
    tau_ints[k] = gamma_method(series, chains.lengths, chains.times).tau_int;
  });
  const double tau_int = std::max(0.5, *std::ranges::max_element(tau_ints));
  const auto stride = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(5 * (tau_int - 0.5))));
  std::vector<std::int64_t> chosen;
  std::int64_t first = 0;
  for (const std::int64_t n : chains.lengths) {
    const auto time = [&](std::int64_t k) { return chains.times.empty() ? k : chains.times[k]; };
    std::int64_t next = time(first + n - 1);
    for (std::int64_t k = first + n - 1; k >= first; --k)
      if (time(k) <= next) {
        chosen.push_back(chains.order[k]);
        next = time(k) - stride;
      }
    first += n;
  }
  const std::int64_t all = std::ssize(chosen);
  if (all > most) { // evenly over chains and time
    for (std::int64_t i = 0; i < most; ++i)
      chosen[i] = chosen[i * all / most];
    chosen.resize(most);
  }
  return chosen;
}

/// The chosen configurations of both ensembles as vectors in units of their standard deviations, (n, columns).
struct Points {
  std::vector<double> values;
  std::vector<double> magnetisations;
  std::int64_t n, first; ///< all, and how many of them are of the reference
};

Points points_of(const Measurements& reference, const std::vector<std::int64_t>& chosen, const Measurements& other,
                 const std::vector<std::int64_t>& others) {
  const auto n = std::ssize(chosen) + std::ssize(others);
  Points points{std::vector<double>(n * primary_count), {}, n, std::ssize(chosen)};
  std::vector<double> column(n);
  for (int k = 0; k < primary_count; ++k) {
    for (std::int64_t i = 0; i < n; ++i)
      column[i] = i < points.first ? reference.values[chosen[i] * primary_count + k]
                                   : other.values[others[i - points.first] * primary_count + k];
    if (k == primary::magnetisation)
      points.magnetisations = column;
    const double mean = series_mean(column);
    double squares = 0;
    for (const double value : column)
      squares += (value - mean) * (value - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(n));
    for (std::int64_t i = 0; i < n && deviation > 0; ++i)
      points.values[i * primary_count + k] = (column[i] - mean) / deviation;
  }
  return points;
}

std::vector<double> distances(const Points& points) {
  std::vector<double> distance(points.n * points.n);
  parallel_for(points.n, [&](std::int64_t i) {
    for (std::int64_t j = 0; j < points.n; ++j) {
      double squares = 0;
      for (int k = 0; k < primary_count; ++k) {
        const double difference = points.values[i * primary_count + k] - points.values[j * primary_count + k];
        squares += difference * difference;
      }
      distance[i * points.n + j] = std::sqrt(squares);
    }
  });
  return distance;
}

/// The statistics for one labelling of the points.
class Statistics {
public:
  explicit Statistics(const Points& points)
      : n_(points.n), first_(points.first), distance_(distances(points)), row_(points.n), rank_(points.n),
        sorted_(points.magnetisations) {
    for (std::int64_t i = 0; i < n_; ++i)
      for (std::int64_t j = 0; j < n_; ++j)
        row_[i] += distance_[i * n_ + j];
    total_ = std::accumulate(row_.begin(), row_.end(), 0.0);
    std::vector<std::int64_t> order(n_);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&points](std::int64_t i) { return points.magnetisations[i]; });
    for (std::int64_t r = 0; r < n_; ++r)
      rank_[order[r]] = r;
    std::ranges::sort(sorted_);
  }

  /// order: the points, those that are labelled as the reference first.
  double energy_distance(std::span<const std::int64_t> order) const {
    double within = 0, rows = 0;
    for (std::int64_t i = 0; i < first_; ++i) {
      rows += row_[order[i]];
      for (std::int64_t j = 0; j < i; ++j)
        within += 2 * distance_[order[i] * n_ + order[j]];
    }
    const double between = rows - within, others = total_ - within - 2 * between;
    const auto a = static_cast<double>(first_), b = static_cast<double>(n_ - first_);
    return 2 * between / (a * b) - within / (a * a) - others / (b * b);
  }

  double wasserstein1(std::span<const std::int64_t> order) const {
    std::vector<double> step(n_, -1 / static_cast<double>(n_ - first_));
    for (std::int64_t i = 0; i < first_; ++i)
      step[rank_[order[i]]] = 1 / static_cast<double>(first_);
    double difference = 0, distance = 0;
    for (std::int64_t r = 0; r + 1 < n_; ++r) {
      difference += step[r];
      distance += std::abs(difference) * (sorted_[r + 1] - sorted_[r]);
    }
    return distance;
  }

private:
  std::int64_t n_, first_;
  std::vector<double> distance_, row_; ///< all distances, and their sums over each row
  std::vector<std::int64_t> rank_;     ///< of each point's magnetisation
  std::vector<double> sorted_;         ///< magnetisations
  double total_ = 0;
};

/// 0 ... n - 1 in random order (Fisher-Yates).
std::vector<std::int64_t> shuffled(std::int64_t n, const Stream& stream) {
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = n - 1; i > 0; --i) {
    const double u = stream.uniform(static_cast<std::uint32_t>(i)); // in (0, 1]
    std::swap(order[i], order[static_cast<std::int64_t>(std::ceil(u * static_cast<double>(i + 1))) - 1]);
  }
  return order;
}

} // namespace

PermutationTest permutation_test(const Measurements& reference, const Measurements& other, std::uint64_t seed) {
  const auto chosen = independent_configurations(reference), others = independent_configurations(other);
  PermutationTest test;
  test.reference = std::ssize(chosen);
  test.other = std::ssize(others);
  if (std::min(test.reference, test.other) < fewest)
    return test;
  const Points points = points_of(reference, chosen, other, others);
  const Statistics statistics(points);
  std::vector<std::int64_t> labels(points.n);
  std::iota(labels.begin(), labels.end(), 0);
  test.energy_distance = statistics.energy_distance(labels);
  const double wasserstein1 = statistics.wasserstein1(labels);
  const double rounding = 1e-12; // equal labellings, in another order, are equally far apart
  std::atomic<int> energy_beyond = 1, wasserstein1_beyond = 1;
  parallel_for(permutations, [&](std::int64_t p) {
    const auto order = shuffled(points.n, {seed, Purpose::permutation, 0, static_cast<std::uint32_t>(p)});
    energy_beyond += statistics.energy_distance(order) >= test.energy_distance - rounding ? 1 : 0;
    wasserstein1_beyond += statistics.wasserstein1(order) >= wasserstein1 * (1 - rounding) ? 1 : 0;
  });
  test.energy_p_value = static_cast<double>(energy_beyond) / (permutations + 1);
  test.wasserstein1_p_value = static_cast<double>(wasserstein1_beyond) / (permutations + 1);
  return test;
}

} // namespace stint
