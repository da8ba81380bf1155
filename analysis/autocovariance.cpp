#include "analysis/autocovariance.hpp"

#include <fftw3.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace stint {
namespace {

constexpr std::int64_t shortest_block = 1 << 14; // its transform fits the cache of a core

using Plan = std::unique_ptr<std::remove_pointer_t<fftw_plan>, decltype(&fftw_destroy_plan)>;

/// The entries of one chain, where it has them.
struct Chain {
  std::span<const double> values; ///< to which `mean` belongs
  double mean;
  std::span<const std::int64_t> times; ///< empty: 0, 1, 2, ...

  std::int64_t span() const { return times.empty() ? std::ssize(values) : times.back() + 1; }
};

/// Sums sum_i a_i a_{i+t} for t < block by FFTs of twice that length. Of a chain in blocks of this length with the
/// transforms X_b of each, padded with zeros, the products of block b with itself and the next one have the transform
/// conj(X_b) (X_b + (-1)^k X_{b+1}), the sign being a shift by one block.
class BlockProducts {
public:
  explicit BlockProducts(std::int64_t block)
      : block_(block), padded_(2 * block), current_(block + 1), next_(block + 1), power_(block + 1),
        forward_(nullptr, fftw_destroy_plan), backward_(nullptr, fftw_destroy_plan) {
    const auto length = static_cast<int>(2 * block);
#pragma omp critical(stint_fftw_planner)
    {
      forward_.reset(fftw_plan_dft_r2c_1d(length, padded_.data(), fftw(next_), FFTW_ESTIMATE | FFTW_UNALIGNED));
      backward_.reset(fftw_plan_dft_c2r_1d(length, fftw(power_), padded_.data(), FFTW_ESTIMATE | FFTW_UNALIGNED));
    }
  }
  ~BlockProducts() {
#pragma omp critical(stint_fftw_planner)
    {
      forward_.reset();
      backward_.reset();
    }
  }
  BlockProducts(const BlockProducts&) = delete;
  BlockProducts& operator=(const BlockProducts&) = delete;

  /// With `count`, products of ones in place of the values.
  void add(const Chain& chain, bool count) {
    const std::int64_t blocks = (chain.span() + block_ - 1) / block_;
    std::size_t entry = 0;
    transform(chain, 0, count, entry);
    for (std::int64_t b = 0; b < blocks; ++b) {
      std::swap(current_, next_);
      if (b + 1 < blocks)
        transform(chain, b + 1, count, entry);
      else
        std::ranges::fill(next_, 0.0);
      for (std::size_t k = 0; k < power_.size(); ++k) {
        const double sign = k % 2 == 0 ? 1 : -1;
        const double re = current_[k].real(), im = current_[k].imag();
        const double other_re = re + sign * next_[k].real(), other_im = im + sign * next_[k].imag();
        power_[k] += std::complex(re * other_re + im * other_im, re * other_im - im * other_re);
      }
    }
  }

  /// Adds the sums over all chains to sum[0], sum[1], ...; to be called once.
  void finish(std::span<double> sum) {
    fftw_execute_dft_c2r(backward_.get(), fftw(power_), padded_.data());
    for (std::int64_t t = 0; t < std::min(block_, std::ssize(sum)); ++t)
      sum[t] += padded_[t] / static_cast<double>(2 * block_);
  }

private:
  using Modes = std::vector<std::complex<double>>;
  static fftw_complex* fftw(Modes& modes) { return reinterpret_cast<fftw_complex*>(modes.data()); }

  /// Block `b` into next_, from the entry on that is the first of it and becomes the first of the one after it.
  void transform(const Chain& chain, std::int64_t b, bool count, std::size_t& entry) {
    std::ranges::fill(padded_, 0.0);
    const std::int64_t start = b * block_, end = start + block_;
    if (chain.times.empty()) {
      const auto values = chain.values.subspan(start, std::min(block_, std::ssize(chain.values) - start));
      std::ranges::transform(values, padded_.begin(), [&](double value) { return value - chain.mean; });
    }
    for (; entry < chain.times.size() && chain.times[entry] < end; ++entry)
      padded_[chain.times[entry] - start] = count ? 1 : chain.values[entry] - chain.mean;
    fftw_execute_dft_r2c(forward_.get(), padded_.data(), fftw(next_));
  }

  std::int64_t block_;
  std::vector<double> padded_;
  Modes current_, next_, power_;
  Plan forward_, backward_;
};

std::vector<Chain> split(std::span<const double> series, std::span<const std::int64_t> lengths,
                         std::span<const std::int64_t> times, double mean) {
  const std::int64_t total = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  if (lengths.empty() || *std::ranges::min_element(lengths) < 1 || total != std::ssize(series))
    throw std::invalid_argument("chains of " + std::to_string(total) + " entries in all do not fit a series of " +
                                std::to_string(series.size()));
  if (!times.empty() && times.size() != series.size())
    throw std::invalid_argument(std::to_string(times.size()) + " times do not fit a series of " +
                                std::to_string(series.size()));
  std::vector<Chain> chains;
  std::size_t start = 0;
  for (const std::int64_t n : lengths) {
    chains.push_back({series.subspan(start, n), mean, times.empty() ? times : times.subspan(start, n)});
    const auto own = chains.back().times;
    if (!own.empty() && (own[0] != 0 || std::ranges::adjacent_find(own, std::ranges::greater_equal{}) != own.end()))
      throw std::invalid_argument("the times of a chain do not ascend from 0");
    start += n;
  }
  return chains;
}

} // namespace

LaggedProducts lagged_products(std::span<const double> series, std::span<const std::int64_t> lengths,
                               std::span<const std::int64_t> times, std::int64_t lags, double mean) {
  if (lengths.size() == series.size() && times.empty() && std::ranges::count(lengths, 1) == std::ssize(lengths) &&
      !lengths.empty()) { // independent samples: no chain worth a transform
    const auto square = [mean](double value) { return (value - mean) * (value - mean); };
    return {{std::transform_reduce(series.begin(), series.end(), 0.0, std::plus{}, square)}, {std::ssize(series)}};
  }
  const auto chains = split(series, lengths, times, mean);
  const std::int64_t longest = std::ranges::max(chains, {}, &Chain::span).span();
  const std::int64_t wanted = std::min(longest, lags);

  // Chains of like span share one transform size, so that a long chain costs the short ones nothing.
  std::map<std::int64_t, std::vector<Chain>> chains_of_block;
  for (const auto& chain : chains) {
    const auto block = std::min(chain.span(), std::max(wanted, shortest_block));
    chains_of_block[static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(block)))].push_back(chain);
  }
  LaggedProducts products{std::vector<double>(wanted), std::vector<std::int64_t>(wanted)};
  std::vector<double> pairs(times.empty() ? 0 : wanted);
  const auto add = [](const std::vector<Chain>& group, std::int64_t block, bool count, std::span<double> sum) {
    BlockProducts of_blocks(block);
    for (const auto& chain : group)
      of_blocks.add(chain, count);
    of_blocks.finish(sum);
  };
  for (const auto& [block, group] : chains_of_block) {
    add(group, block, false, products.sum);
    if (!times.empty())
      add(group, block, true, pairs);
  }
  if (!times.empty()) {
    std::ranges::transform(pairs, products.pairs.begin(), [](double n) { return std::llround(n); });
    return products;
  }
  std::vector<std::int64_t> chains_of_length(longest + 1);
  for (const std::int64_t n : lengths)
    ++chains_of_length[n];
  std::int64_t count = std::ssize(series), chains_left = std::ssize(lengths);
  for (std::int64_t t = 0; t < wanted; ++t) {
    products.pairs[t] = count;
    chains_left -= chains_of_length[t];
    count -= chains_left;
  }
  return products;
}

} // namespace stint
