#include "analysis/jackknife.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

constexpr std::int64_t fewest_blocks = 16;
constexpr std::int64_t many_chains = 64; // enough for errors to 9 %

} // namespace

Blocks make_blocks(const Chains& chains, double shortest, std::int64_t most) {
  Blocks blocks{std::vector<std::int32_t>(chains.order.size()), {}};
  const std::int64_t replicas = std::ssize(chains.lengths), total = std::ssize(chains.order);
  const auto wanted =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(shortest / static_cast<double>(chains.spacing))));
  std::int64_t pieces_that_fit = 0;
  for (const std::int64_t n : chains.lengths)
    pieces_that_fit += n / wanted;
  if (replicas >= many_chains ||
      (replicas >= fewest_blocks &&
       pieces_that_fit <= replicas)) { // near equal shares of the configurations, a chain never cut
    const std::int64_t count = std::min(most, replicas);
    std::int64_t k = 0;
    for (std::int64_t r = 0; r < replicas; ++r) {
      const std::int64_t filled = std::ssize(blocks.sizes);
      if (k >= (static_cast<double>(filled) / static_cast<double>(count)) * static_cast<double>(total) &&
          filled < count)
        blocks.sizes.push_back(0);
      for (std::int64_t i = 0; i < chains.lengths[r]; ++i, ++k)
        blocks.of[chains.order[k]] = static_cast<std::int32_t>(blocks.sizes.size() - 1);
      blocks.sizes.back() += chains.lengths[r];
    }
    blocks.long_enough = std::ssize(blocks.sizes) >= fewest_blocks;
    return blocks;
  }
  std::int64_t length = std::max((total + most - 1) / most, wanted);
  length = std::clamp<std::int64_t>(length, 1, std::max<std::int64_t>(total / fewest_blocks, 1));
  std::int64_t first = 0;
  for (const std::int64_t n : chains.lengths) {
    const std::int64_t pieces = std::max<std::int64_t>(n / length, 1);
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      const std::int64_t begin = piece * n / pieces, end = (piece + 1) * n / pieces;
      for (std::int64_t k = first + begin; k < first + end; ++k)
        blocks.of[chains.order[k]] = static_cast<std::int32_t>(blocks.sizes.size());
      blocks.sizes.push_back(end - begin);
    }
    first += n;
  }
  blocks.long_enough = length >= wanted && std::ssize(blocks.sizes) >= fewest_blocks;
  return blocks;
}

std::vector<double> BlockMeans::mean() const {
  const auto total = static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}));
  std::vector<double> mean(columns());
  for (std::size_t j = 0; j < sizes.size(); ++j)
    for (std::size_t c = 0; c < mean.size(); ++c)
      mean[c] += static_cast<double>(sizes[j]) / total * values[j * mean.size() + c];
  return mean;
}

std::vector<ValueError> jackknife(const BlockMeans& blocks,
                                  const std::function<std::vector<double>(std::span<const double>)>& function) {
  const std::size_t count = blocks.sizes.size();
  if (count < 2)
    throw std::invalid_argument("a jackknife needs at least 2 blocks, not " + std::to_string(count));
  const auto mean = blocks.mean();
  const auto whole = function(mean);
  const auto total = static_cast<double>(std::accumulate(blocks.sizes.begin(), blocks.sizes.end(), std::int64_t{0}));
  std::vector<double> h(count), pseudo(count * whole.size()), without(mean.size());
  std::vector<double> pseudo_mean(whole.size());
  for (std::size_t j = 0; j < count; ++j) {
    h[j] = total / static_cast<double>(blocks.sizes[j]);
    for (std::size_t c = 0; c < mean.size(); ++c)
      without[c] = mean[c] + (mean[c] - blocks.values[j * mean.size() + c]) / (h[j] - 1);
    const auto left = function(without);
    for (std::size_t k = 0; k < whole.size(); ++k) {
      pseudo[j * whole.size() + k] = h[j] * whole[k] - (h[j] - 1) * left[k];
      pseudo_mean[k] += pseudo[j * whole.size() + k] / h[j];
    }
  }
  std::vector<ValueError> results(whole.size());
  for (std::size_t k = 0; k < whole.size(); ++k) {
    double sum = 0;
    for (std::size_t j = 0; j < count; ++j)
      sum += std::pow(pseudo[j * whole.size() + k] - pseudo_mean[k], 2) / (h[j] - 1);
    results[k] = {whole[k], std::sqrt(sum / static_cast<double>(count))};
  }
  return results;
}

} // namespace stint
