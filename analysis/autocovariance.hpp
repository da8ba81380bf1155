#pragma once
// Products of a series with itself, shifted, within replica chains.

#include <cstdint>
#include <span>
#include <vector>

namespace stint {

/// For each distance t = 0 .. longest chain - 1, over chains r of n_r entries:
struct LaggedProducts {
  std::vector<double> sum;         ///< sum_r sum_{i < n_r - t} a_{r,i} a_{r,i+t}
  std::vector<std::int64_t> pairs; ///< sum_r max(0, n_r - t), the terms of that sum
};

/// series (N): the chains one after the other; lengths: their n_r >= 1, summing to N. By FFT, O(N log N) operations.
/// Plans FFTs, which FFTW allows from one thread at a time only.
/// Throws std::invalid_argument if the lengths do not fit the series.
LaggedProducts lagged_products(std::span<const double> series, std::span<const std::int64_t> lengths);

} // namespace stint
