#include "analysis/autocovariance.hpp"

#include <fftw3.h>

#include <algorithm>
#include <bit>
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

/// Adds to sum[t] the products within `chains`, each padded with zeros to `size` >= 2 n_r so that no product wraps
/// around: the inverse transform of sum_r |F a_r|^2.
void add_products(const std::vector<std::span<const double>>& chains, std::size_t size, std::span<double> sum) {
  std::vector<double> padded(size);
  std::vector<std::complex<double>> modes(size / 2 + 1), power(size / 2 + 1);
  const auto length = static_cast<int>(size);
  const Plan forward(
      fftw_plan_dft_r2c_1d(length, padded.data(), reinterpret_cast<fftw_complex*>(modes.data()), FFTW_ESTIMATE),
      fftw_destroy_plan);
  const Plan backward(
      fftw_plan_dft_c2r_1d(length, reinterpret_cast<fftw_complex*>(power.data()), padded.data(), FFTW_ESTIMATE),
      fftw_destroy_plan);
  for (const auto chain : chains) {
    std::fill(std::ranges::copy(chain, padded.begin()).out, padded.end(), 0.0);
    fftw_execute(forward.get());
    for (std::size_t k = 0; k < power.size(); ++k)
      power[k] += std::norm(modes[k]);
  }
  fftw_execute(backward.get());
  for (std::size_t t = 0; t < std::min(size / 2, sum.size()); ++t)
    sum[t] += padded[t] / static_cast<double>(size);
}

} // namespace

LaggedProducts lagged_products(std::span<const double> series, std::span<const std::int64_t> lengths) {
  const std::int64_t total = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  if (lengths.empty() || *std::ranges::min_element(lengths) < 1 || total != std::ssize(series))
    throw std::invalid_argument("chains of " + std::to_string(total) + " entries in all do not fit a series of " +
                                std::to_string(series.size()));
  const std::int64_t longest = *std::ranges::max_element(lengths);

  // Chains of like length share one transform size, so that a long chain costs the short ones nothing.
  std::map<std::size_t, std::vector<std::span<const double>>> chains_of_size;
  std::vector<std::int64_t> chains_of_length(longest + 1);
  std::size_t start = 0;
  for (const std::int64_t n : lengths) {
    chains_of_size[2 * std::bit_ceil(static_cast<std::size_t>(n))].push_back(series.subspan(start, n));
    ++chains_of_length[n];
    start += n;
  }

  LaggedProducts products{std::vector<double>(longest), std::vector<std::int64_t>(longest)};
  for (const auto& [size, chains] : chains_of_size)
    add_products(chains, size, products.sum);
  std::int64_t pairs = total, chains_left = std::ssize(lengths);
  for (std::int64_t t = 0; t < longest; ++t) {
    products.pairs[t] = pairs;
    chains_left -= chains_of_length[t];
    pairs -= chains_left;
  }
  return products;
}

} // namespace stint
