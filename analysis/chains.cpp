#include "analysis/chains.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

constexpr std::int64_t times_per_configuration = 64; // at most, on average

/// The configurations' numbers by ascending chain, each chain's in their order.
std::vector<std::int64_t> by_chain(std::span<const std::int64_t> chain) {
  std::vector<std::int64_t> order(chain.size());
  if (chain.empty())
    return order;
  const auto [low, high] = std::ranges::minmax(chain);
  const auto range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  if (range > 2 * chain.size()) { // too few of many numbers to count them all
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return chain[i]; });
    return order;
  }
  std::vector<std::int64_t> next(range + 1); // place of the next configuration of each chain
  for (const std::int64_t c : chain)
    ++next[c - low];
  std::exclusive_scan(next.begin(), next.end(), next.begin(), std::int64_t{0});
  for (std::size_t i = 0; i < chain.size(); ++i)
    order[next[chain[i] - low]++] = static_cast<std::int64_t>(i);
  return order;
}

} // namespace

Chains split_chains(std::span<const std::int64_t> chain, std::span<const std::int64_t> trajectory) {
  if (chain.size() != trajectory.size())
    throw std::invalid_argument(std::to_string(chain.size()) + " chain numbers for " +
                                std::to_string(trajectory.size()) + " trajectory numbers");
  Chains chains;
  chains.order = by_chain(chain);
  for (auto first = chains.order.begin(); first != chains.order.end();) {
    const auto last =
        std::find_if(first, chains.order.end(), [&](std::int64_t i) { return chain[i] != chain[*first]; });
    const auto time = [&](std::int64_t i) { return trajectory[i]; };
    if (!std::ranges::is_sorted(first, last, {}, time))
      std::ranges::stable_sort(first, last, {}, time);
    first = last;
  }

  std::int64_t divisor = 0, span = 0; // of the steps between neighbours: their greatest common divisor and sum
  for (std::size_t k = 0; k < chains.order.size(); ++k) {
    const std::int64_t i = chains.order[k];
    const std::int64_t previous = k == 0 ? i : chains.order[k - 1];
    if (k == 0 || chain[i] != chain[previous]) {
      chains.lengths.push_back(1);
      continue;
    }
    ++chains.lengths.back();
    std::int64_t step = 0;
    if (__builtin_sub_overflow(trajectory[i], trajectory[previous], &step) || __builtin_add_overflow(span, step, &span))
      throw std::invalid_argument("trajectories " + std::to_string(trajectory[previous]) + " and " +
                                  std::to_string(trajectory[i]) + " of chain " + std::to_string(chain[i]) +
                                  " are too far apart");
    if (step == 0)
      throw std::invalid_argument("chain " + std::to_string(chain[i]) + " has trajectory " +
                                  std::to_string(trajectory[i]) + " twice");
    divisor = std::gcd(divisor, step);
  }
  if (divisor == 0)
    return chains;

  chains.spacing = divisor;
  const auto configurations = std::ssize(chains.order);
  const std::int64_t neighbours = configurations - std::ssize(chains.lengths);
  if (span / divisor == neighbours)
    return chains;
  if (span / divisor / configurations > times_per_configuration)
    throw std::invalid_argument("the saved trajectories are too irregular for an autocorrelation time: their distances "
                                "have only " +
                                std::to_string(divisor) + " as a common divisor, and less than one in " +
                                std::to_string(times_per_configuration) + " multiples of it was saved");
  chains.times.reserve(chains.order.size());
  std::int64_t first = 0;
  for (const std::int64_t length : chains.lengths) {
    const std::int64_t start = trajectory[chains.order[first]];
    for (std::int64_t k = first; k < first + length; ++k)
      chains.times.push_back((trajectory[chains.order[k]] - start) / divisor);
    first += length;
  }
  return chains;
}

} // namespace stint
