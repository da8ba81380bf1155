#pragma once
// Products of a series with itself, shifted, within replica chains.

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace stint {

/// For each distance in time t = 0 .. span of the longest chain - 1, or fewer if fewer are asked for, over chains r and
/// the times i at which they have an entry:
struct LaggedProducts {
  std::vector<double> sum;         ///< sum_r sum_i a_{r,i} a_{r,i+t}
  std::vector<std::int64_t> pairs; ///< the terms of that sum; without gaps sum_r max(0, n_r - t)
};

/// series (N): the chains one after the other; lengths: their n_r >= 1, summing to N; times: of each entry, ascending
/// from 0 within each chain, or empty if every chain is without gaps. A pair that a gap leaves incomplete is left out
/// of both. Of the distances the first `lags` >= 1 are given. `mean` is taken from every entry before. By FFTs of
/// blocks of the chains, O(T log lags) operations in T times of all chains and O(lags) memory. Threads may call it at
/// once, but nothing else may plan FFTs meanwhile. Throws std::invalid_argument if the lengths or times do not fit the
/// series.
LaggedProducts lagged_products(std::span<const double> series, std::span<const std::int64_t> lengths,
                               std::span<const std::int64_t> times = {},
                               std::int64_t lags = std::numeric_limits<std::int64_t>::max(), double mean = 0);

} // namespace stint
