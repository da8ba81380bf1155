#include "analysis/autocovariance.hpp"

#include <fftw3.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace stint {
namespace {

using Plan = std::unique_ptr<std::remove_pointer_t<fftw_plan>, decltype(&fftw_destroy_plan)>;

/// The entries of one chain, where it has them.
struct Chain {
  std::span<const double> values;
  std::span<const std::int64_t> times; ///< empty: 0, 1, 2, ...

  std::int64_t span() const { return times.empty() ? std::ssize(values) : times.back() + 1; }
};

/// Adds to sum[t] the products within `chains`, each padded with zeros to `size` >= 2 span so that no product wraps
/// around: the inverse transform of sum_r |F a_r|^2. With `count`, products of ones in place of the values.
void add_products(const std::vector<Chain>& chains, std::size_t size, bool count, std::span<double> sum) {
  std::vector<double> padded(size);
  std::vector<std::complex<double>> modes(size / 2 + 1), power(size / 2 + 1);
  const auto length = static_cast<int>(size);
  const Plan forward(
      fftw_plan_dft_r2c_1d(length, padded.data(), reinterpret_cast<fftw_complex*>(modes.data()), FFTW_ESTIMATE),
      fftw_destroy_plan);
  const Plan backward(
      fftw_plan_dft_c2r_1d(length, reinterpret_cast<fftw_complex*>(power.data()), padded.data(), FFTW_ESTIMATE),
      fftw_destroy_plan);
  for (const auto& chain : chains) {
    std::ranges::fill(padded, 0.0);
    for (std::size_t i = 0; i < chain.values.size(); ++i)
      padded[chain.times.empty() ? i : chain.times[i]] = count ? 1 : chain.values[i];
    fftw_execute(forward.get());
    for (std::size_t k = 0; k < power.size(); ++k)
      power[k] += std::norm(modes[k]);
  }
  fftw_execute(backward.get());
  for (std::size_t t = 0; t < std::min(size / 2, sum.size()); ++t)
    sum[t] += padded[t] / static_cast<double>(size);
}

std::vector<Chain> split(std::span<const double> series, std::span<const std::int64_t> lengths,
                         std::span<const std::int64_t> times) {
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
    chains.push_back({series.subspan(start, n), times.empty() ? times : times.subspan(start, n)});
    const auto own = chains.back().times;
    if (!own.empty() && (own[0] != 0 || std::ranges::adjacent_find(own, std::ranges::greater_equal{}) != own.end()))
      throw std::invalid_argument("the times of a chain do not ascend from 0");
    start += n;
  }
  return chains;
}

} // namespace

LaggedProducts lagged_products(std::span<const double> series, std::span<const std::int64_t> lengths,
                               std::span<const std::int64_t> times) {
  if (lengths.size() == series.size() && times.empty() && std::ranges::count(lengths, 1) == std::ssize(lengths) &&
      !lengths.empty()) // independent samples: no chain worth a transform
    return {{std::inner_product(series.begin(), series.end(), series.begin(), 0.0)}, {std::ssize(series)}};
  const auto chains = split(series, lengths, times);
  const std::int64_t longest = std::ranges::max(chains, {}, &Chain::span).span();

  // Chains of like span share one transform size, so that a long chain costs the short ones nothing.
  std::map<std::size_t, std::vector<Chain>> chains_of_size;
  for (const auto& chain : chains)
    chains_of_size[2 * std::bit_ceil(static_cast<std::size_t>(chain.span()))].push_back(chain);

  LaggedProducts products{std::vector<double>(longest), std::vector<std::int64_t>(longest)};
  std::vector<double> pairs(times.empty() ? 0 : longest);
  for (const auto& [size, group] : chains_of_size) {
    add_products(group, size, false, products.sum);
    if (!times.empty())
      add_products(group, size, true, pairs);
  }
  if (!times.empty()) {
    std::ranges::transform(pairs, products.pairs.begin(), [](double n) { return std::llround(n); });
    return products;
  }
  std::vector<std::int64_t> chains_of_length(longest + 1);
  for (const std::int64_t n : lengths)
    ++chains_of_length[n];
  std::int64_t count = std::ssize(series), chains_left = std::ssize(lengths);
  for (std::int64_t t = 0; t < longest; ++t) {
    products.pairs[t] = count;
    chains_left -= chains_of_length[t];
    count -= chains_left;
  }
  return products;
}

} // namespace stint
