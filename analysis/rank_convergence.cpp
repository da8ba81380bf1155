#include "analysis/rank_convergence.hpp"

#include "analysis/autocovariance.hpp"
#include "analysis/chains.hpp"
#include "analysis/convergence.hpp"
#include "analysis/gamma_method.hpp"
#include "analysis/series_threads.hpp"
#include "lattice/parallel.hpp"

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

/// Which entries of the chains count: every s-th of the first n s of each half.
struct Thinning {
  explicit Thinning(std::span<const std::int64_t> lengths)
      : shortest(lengths.empty() ? 0 : *std::ranges::min_element(lengths)) {
    const std::int64_t all = shortest / 2 * 2 * std::ssize(lengths);
    stride = std::clamp<std::int64_t>((all + most_entries - 1) / most_entries, 1,
                                      std::max<std::int64_t>(shortest / 2 / fewest_of_half, 1));
    n = shortest / 2 / stride;
    entries = 2 * n * std::ssize(lengths);
  }

  std::int64_t shortest, stride, n, entries;
};

/// value(i): entry i of the chains, one after the other.
template<class Value>
Halves split(const Thinning& thinning, std::span<const std::int64_t> lengths, const Value& value) {
  Halves halves{{}, thinning.n};
  halves.values.reserve(thinning.entries);
  std::int64_t end = 0;
  for (const std::int64_t length : lengths) {
    end += length;
    for (const std::int64_t first : {end - thinning.shortest, end - thinning.shortest / 2})
      for (std::int64_t i = 0; i < thinning.n; ++i)
        halves.values.push_back(value(first + i * thinning.stride));
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

/// z = Phi^-1((rank - 3/8)/(S + 1/4)) of the ranks of S entries.
class NormalScores {
public:
  explicit NormalScores(std::int64_t entries) : entries_(entries), of_rank_(entries / 2) {
    for (std::int64_t i = 0; i < entries / 2; ++i)
      of_rank_[i] = quantile(static_cast<double>(i + 1), i == 0 ? normal_quantile(share(1)) : of_rank_[i - 1]);
  }

  /// rank: 1, ..., S or, of ties, halfway between.
  double operator()(double rank) const {
    const auto S = static_cast<double>(entries_);
    if (rank > (S + 1) / 2)
      return -(*this)(S + 1 - rank);
    const double below = of_rank_[static_cast<std::int64_t>(rank) - 1];
    return rank == std::floor(rank) ? below : quantile(rank, below);
  }

private:
  double share(double rank) const { return (rank - 0.375) / (static_cast<double>(entries_) + 0.25); }
  double quantile(double rank, double start) const { return lower_quantile(share(rank), start); }

  std::int64_t entries_;
  std::vector<double> of_rank_; ///< of the lower half
};

struct Entry {
  double value;
  std::int64_t index;
};

std::vector<Entry> sorted_entries(std::span<const double> values) {
  std::vector<Entry> sorted;
  sorted.reserve(values.size());
  for (const double value : values)
    sorted.push_back({value, std::ssize(sorted)});
  std::ranges::sort(sorted, {}, &Entry::value);
  return sorted;
}

/// The entries in the order of their distances from the median, which take the place of the values; their number is
/// even.
void fold(std::span<Entry> sorted) {
  const auto middle = sorted.begin() + std::ssize(sorted) / 2;
  const double median = (std::prev(middle)->value + middle->value) / 2;
  for (Entry& entry : sorted)
    entry.value = std::abs(entry.value - median);
  std::reverse(sorted.begin(), middle);
  std::ranges::inplace_merge(sorted, middle, {}, &Entry::value);
}

/// The normal scores of sorted entries, each at its index.
std::vector<double> scores_of(std::span<const Entry> sorted, const NormalScores& scores) {
  std::vector<double> values(sorted.size());
  for (std::size_t first = 0, last = 0; first < sorted.size(); first = last) {
    while (last < sorted.size() && sorted[last].value == sorted[first].value)
      ++last;
    const double score = scores((static_cast<double>(first + last) + 1) / 2); // mean rank of first + 1, ..., last
    for (std::size_t k = first; k < last; ++k)
      values[sorted[k].index] = score;
  }
  return values;
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

RankConvergence convergence_of(const Halves& halves, const NormalScores& scores) {
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  auto sorted = sorted_entries(halves.values);
  if (halves.n < 4 || sorted.front().value == sorted.back().value)
    return {undefined, undefined};
  const Halves normal{scores_of(sorted, scores), halves.n};
  fold(sorted);
  const Halves distances{scores_of(sorted, scores), halves.n};
  return {std::fmax(r_hat(normal), r_hat(distances)), effective_sample_size(normal)};
}

} // namespace

double normal_quantile(double p) {
  if (p > 0.5)
    return -normal_quantile(1 - p);
  return lower_quantile(p, -std::sqrt(-2 * std::log(2 * p))); // Phi(x) <= exp(-x^2/2)/2 left of 0
}

RankConvergence rank_convergence(std::span<const double> series, std::span<const std::int64_t> lengths) {
  if (std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}) != std::ssize(series))
    throw std::invalid_argument("chains do not fit a series of " + std::to_string(series.size()));
  const Thinning thinning(lengths);
  return convergence_of(split(thinning, lengths, [&](std::int64_t i) { return series[i]; }),
                        NormalScores(thinning.entries));
}

std::vector<NamedConvergence> convergence_all(const Measurements& measurements, const Chains& chains) {
  using namespace primary;
  constexpr std::array judged = {magnetisation, abs_magnetisation, phi2, phi4, nearest_neighbour, action_density};
  const Thinning thinning(chains.lengths);
  const NormalScores scores(thinning.entries);
  std::vector<NamedConvergence> found(judged.size());
  parallel_for(std::ssize(judged), threads_for(thinning.entries), [&](std::int64_t k) {
    const auto value = [&](std::int64_t i) { return measurements.values[chains.order[i] * primary_count + judged[k]]; };
    found[k] = {primary_names[judged[k]], convergence_of(split(thinning, chains.lengths, value), scores)};
  });
  return found;
}

} // namespace stint
