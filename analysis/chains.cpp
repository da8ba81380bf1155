#include "analysis/chains.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace stint {
namespace {

constexpr std::int64_t times_per_configuration = 64; // at most, on average
constexpr std::int64_t pause = 64;                   // median steps after which a chain counts as another one

/// The configurations' numbers by ascending chain, each chain's in their order, and how many each chain has.
Chains by_chain(std::span<const std::int64_t> chain) {
  Chains chains;
  chains.order.resize(chain.size());
  if (chain.empty())
    return chains;
  const auto [low, high] = std::ranges::minmax(chain);
  const auto range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  if (range > 2 * chain.size()) { // too few of many numbers to count them all
    std::iota(chains.order.begin(), chains.order.end(), 0);
    std::ranges::stable_sort(chains.order, {}, [&](std::int64_t i) { return chain[i]; });
    for (std::size_t k = 0; k < chain.size(); ++k) {
      if (k == 0 || chain[chains.order[k]] != chain[chains.order[k - 1]])
        chains.lengths.push_back(0);
      ++chains.lengths.back();
    }
    return chains;
  }
  std::vector<std::int64_t> next(range + 1); // place of the next configuration of each chain
  for (const std::int64_t c : chain)
    ++next[c - low];
  std::ranges::copy_if(next, std::back_inserter(chains.lengths), [](std::int64_t n) { return n > 0; });
  std::exclusive_scan(next.begin(), next.end(), next.begin(), std::int64_t{0});
  for (std::size_t i = 0; i < chain.size(); ++i)
    chains.order[next[chain[i] - low]++] = static_cast<std::int64_t>(i);
  return chains;
}

/// Brings each chain into the order of its trajectories, which it returns in that order. Throws where a chain has one
/// twice.
std::vector<std::int64_t> sort_by_time(std::span<const std::int64_t> chain, std::span<const std::int64_t> trajectory,
                                       Chains& chains) {
  std::vector<std::int64_t> times;
  times.reserve(chain.size());
  std::int64_t span = 0;
  for (const std::int64_t length : chains.lengths) {
    const auto own = std::span(chains.order).subspan(times.size(), length);
    const auto time = [&](std::int64_t i) { return trajectory[i]; };
    std::ranges::transform(own, std::back_inserter(times), time);
    const auto own_times = std::span(times).last(length);
    if (!std::ranges::is_sorted(own_times)) {
      std::ranges::stable_sort(own, {}, time);
      std::ranges::transform(own, own_times.begin(), time);
    }
    for (std::int64_t k = 1; k < length; ++k) {
      std::int64_t step = 0;
      if (__builtin_sub_overflow(own_times[k], own_times[k - 1], &step) || __builtin_add_overflow(span, step, &span))
        throw std::invalid_argument("trajectories " + std::to_string(own_times[k - 1]) + " and " +
                                    std::to_string(own_times[k]) + " of chain " + std::to_string(chain[own[k]]) +
                                    " are too far apart");
      if (step == 0)
        throw std::invalid_argument("chain " + std::to_string(chain[own[k]]) + " has trajectory " +
                                    std::to_string(own_times[k]) + " twice");
    }
  }
  return times;
}

/// Of the distances between neighbours in a chain.
struct Steps {
  std::int64_t divisor = 0; ///< greatest common one; 0 if every chain has one configuration
  std::int64_t span = 0;    ///< sum
};

/// Calls visit(k, step) for the place k of each configuration that has one before it in its chain.
template<class Visit> void for_each_step(const Chains& chains, std::span<const std::int64_t> times, Visit visit) {
  std::int64_t first = 0;
  for (const std::int64_t length : chains.lengths) {
    for (std::int64_t k = first + 1; k < first + length; ++k)
      visit(k, times[k] - times[k - 1]);
    first += length;
  }
}

Steps steps_of(const Chains& chains, std::span<const std::int64_t> times) {
  Steps steps;
  for_each_step(chains, times, [&](std::int64_t, std::int64_t step) {
    steps.divisor = std::gcd(steps.divisor, step);
    steps.span += step;
  });
  return steps;
}

bool too_sparse(const Steps& steps, const Chains& chains) {
  return steps.divisor > 0 && steps.span / steps.divisor / std::ssize(chains.order) > times_per_configuration;
}

/// Makes two chains of one wherever the step is longer than `pause` median steps.
void cut_at_pauses(std::span<const std::int64_t> times, Chains& chains) {
  std::vector<std::int64_t> steps;
  for_each_step(chains, times, [&](std::int64_t, std::int64_t step) { steps.push_back(step); });
  const auto middle = steps.begin() + std::ssize(steps) / 2;
  std::ranges::nth_element(steps, middle);
  const std::int64_t longest = *middle > std::numeric_limits<std::int64_t>::max() / pause
                                   ? std::numeric_limits<std::int64_t>::max()
                                   : pause * *middle;
  std::vector<std::int64_t> starts = {0};
  std::int64_t first = 0;
  for (const std::int64_t length : chains.lengths)
    starts.push_back(first += length);
  for_each_step(chains, times, [&](std::int64_t k, std::int64_t step) {
    if (step > longest)
      starts.push_back(k);
  });
  std::ranges::sort(starts);
  chains.lengths.clear();
  for (std::size_t r = 1; r < starts.size(); ++r)
    chains.lengths.push_back(starts[r] - starts[r - 1]);
}

} // namespace

Chains split_chains(std::span<const std::int64_t> chain, std::span<const std::int64_t> trajectory) {
  if (chain.size() != trajectory.size())
    throw std::invalid_argument(std::to_string(chain.size()) + " chain numbers for " +
                                std::to_string(trajectory.size()) + " trajectory numbers");
  Chains chains = by_chain(chain);
  auto times = sort_by_time(chain, trajectory, chains);
  Steps steps = steps_of(chains, times);
  if (too_sparse(steps, chains)) {
    cut_at_pauses(times, chains);
    steps = steps_of(chains, times);
  }
  if (steps.divisor == 0)
    return chains;
  chains.spacing = steps.divisor;
  if (steps.span / steps.divisor == std::ssize(chains.order) - std::ssize(chains.lengths))
    return chains;
  if (too_sparse(steps, chains))
    throw std::invalid_argument("the saved trajectories are too irregular for an autocorrelation time: their distances "
                                "have only " +
                                std::to_string(steps.divisor) + " as a common divisor, and less than one in " +
                                std::to_string(times_per_configuration) + " multiples of it was saved");
  chains.times = std::move(times);
  std::int64_t first = 0;
  for (const std::int64_t length : chains.lengths) {
    const auto own = std::span(chains.times).subspan(first, length);
    for (const std::int64_t start = own[0]; std::int64_t & time : own)
      time = (time - start) / steps.divisor;
    first += length;
  }
  return chains;
}

} // namespace stint
