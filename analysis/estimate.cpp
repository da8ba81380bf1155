#include "analysis/estimate.hpp"

#include "analysis/chains.hpp"
#include "analysis/derived.hpp"
#include "analysis/gamma_method.hpp"
#include "analysis/jackknife.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

constexpr double tau_ints_of_a_block = 10;

/// The means of the primary values, in the order of the chains.
PrimaryMeans means_of(const Measurements& measurements, const Chains& chains) {
  PrimaryMeans means{};
  std::vector<double> series(chains.order.size());
  for (int k = 0; k < primary_count; ++k) {
    for (std::size_t i = 0; i < series.size(); ++i) {
      series[i] = measurements.values[chains.order[i] * primary_count + k];
      if (!std::isfinite(series[i]))
        throw std::invalid_argument("configuration " + std::to_string(chains.order[i]) +
                                    " of the ensemble holds NaN, Inf or numbers too large to measure");
    }
    means[k] = series_mean(series);
  }
  return means;
}

/// sum_k gradient_k (a_k - mean_k), the series whose mean fluctuates as the derived observable does.
std::vector<double> project(const Measurements& measurements, const Chains& chains, const PrimaryMeans& means,
                            const DerivedObservable& observable) {
  std::vector<double> series(chains.order.size());
  for (int k = 0; k < primary_count; ++k)
    if (observable.gradient[k] != 0)
      for (std::size_t i = 0; i < series.size(); ++i)
        series[i] += observable.gradient[k] * (measurements.values[chains.order[i] * primary_count + k] - means[k]);
  return series;
}

/// The means of the primary values in each block.
BlockMeans block_means(const Measurements& measurements, const Blocks& blocks) {
  BlockMeans means{blocks.sizes, std::vector<double>(blocks.sizes.size() * primary_count)};
  for (std::size_t i = 0; i < blocks.of.size(); ++i)
    for (int k = 0; k < primary_count; ++k)
      means.values[blocks.of[i] * primary_count + k] +=
          measurements.values[i * primary_count + k] / static_cast<double>(blocks.sizes[blocks.of[i]]);
  return means;
}

void add_jackknife_errors(const Measurements& measurements, const Chains& chains,
                          std::vector<NamedEstimate>& estimates) {
  double largest_tau = 0;
  for (const auto& [name, estimate] : estimates)
    largest_tau = std::max(largest_tau, estimate.tau_int);
  const Blocks blocks = make_blocks(chains, tau_ints_of_a_block * largest_tau);
  if (!blocks.long_enough)
    return;
  const auto values = [&](std::span<const double> means) {
    PrimaryMeans primary{};
    std::ranges::copy(means, primary.begin());
    const auto observables = derived_observables(measurements.geometry, primary);
    std::vector<double> found;
    for (const auto& [name, estimate] : estimates) {
      const auto same = std::ranges::find(observables, name, &DerivedObservable::name);
      found.push_back(same == observables.end() ? std::numeric_limits<double>::quiet_NaN() : same->value);
    }
    return found;
  };
  const auto errors = jackknife(block_means(measurements, blocks), values);
  for (std::size_t i = 0; i < estimates.size(); ++i)
    estimates[i].estimate.jackknife_error = errors[i].error;
}

} // namespace

std::vector<NamedEstimate> estimate_all(const Measurements& measurements) {
  const Chains chains = split_chains(measurements.chain, measurements.trajectory);
  if (measurements.values.size() != chains.order.size() * primary_count)
    throw std::invalid_argument("measurements of " + std::to_string(chains.order.size()) + " configurations hold " +
                                std::to_string(measurements.values.size()) + " values");
  if (chains.order.size() < 2)
    throw std::invalid_argument("errors need at least 2 configurations, not " + std::to_string(chains.order.size()));
  const PrimaryMeans means = means_of(measurements, chains);

  const auto spacing = static_cast<double>(chains.spacing);
  std::vector<NamedEstimate> estimates;
  for (const auto& observable : derived_observables(measurements.geometry, means)) {
    const auto gamma = gamma_method(project(measurements, chains, means, observable), chains.lengths, chains.times);
    estimates.push_back(
        {observable.name, {observable.value, gamma.error, gamma.tau_int * spacing, gamma.tau_int_error * spacing}});
  }
  add_jackknife_errors(measurements, chains, estimates);
  return estimates;
}

} // namespace stint
