#include "analysis/estimate.hpp"

#include "analysis/chains.hpp"
#include "analysis/derived.hpp"
#include "analysis/gamma_method.hpp"
#include "analysis/jackknife.hpp"
#include "analysis/series_threads.hpp"
#include "lattice/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

constexpr double tau_ints_of_a_block = 10;

/// The weights, of mean 1, in the order of the chains; empty if all configurations count alike.
std::vector<double> weights_of(const Measurements& measurements, const Chains& chains) {
  std::vector<double> weights;
  if (measurements.weight.empty())
    return weights;
  for (const std::int64_t i : chains.order)
    weights.push_back(measurements.weight[i]);
  const double mean = series_mean(weights);
  for (double& weight : weights)
    weight /= mean;
  return weights;
}

std::span<const double, primary_count> primaries_of(const Measurements& measurements, std::int64_t configuration) {
  return std::span(measurements.values).subspan(configuration * primary_count).first<primary_count>();
}

/// The means of the primary values. Sums are of distances from the first value, as in series_mean.
PrimaryMeans means_of(const Measurements& measurements, const Chains& chains, std::span<const double> weights) {
  PrimaryMeans first{}, sums{};
  for (std::size_t i = 0; i < chains.order.size(); ++i) {
    const auto values = primaries_of(measurements, chains.order[i]);
    const double weight = weights.empty() ? 1 : weights[i];
    for (int k = 0; k < primary_count; ++k) {
      if (!std::isfinite(values[k]))
        throw std::invalid_argument("configuration " + std::to_string(measurements.number_of(chains.order[i])) +
                                    " of the ensemble holds NaN, Inf or numbers too large to measure");
      if (i == 0)
        first[k] = weight * values[k];
      sums[k] += weight * values[k] - first[k];
    }
  }
  PrimaryMeans means{};
  for (int k = 0; k < primary_count; ++k)
    means[k] = first[k] + sums[k] / static_cast<double>(chains.order.size());
  return means;
}

/// sum_k gradient_k (a_k - mean_k), weighted: the series whose mean fluctuates as the derived observable does.
void project(const Measurements& measurements, const Chains& chains, std::span<const double> weights,
             const PrimaryMeans& means, const DerivedObservable& observable, std::span<double> series) {
  std::vector<int> needed;
  for (int k = 0; k < primary_count; ++k)
    if (observable.gradient[k] != 0)
      needed.push_back(k);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto values = primaries_of(measurements, chains.order[i]);
    series[i] = 0;
    for (const int k : needed)
      series[i] += observable.gradient[k] * (values[k] - means[k]);
  }
  for (std::size_t i = 0; i < weights.size(); ++i)
    series[i] *= weights[i];
}

/// The means in each block of the weighted primary values and, after them, of the weights.
BlockMeans block_means(const Measurements& measurements, const Blocks& blocks) {
  constexpr int columns = primary_count + 1;
  BlockMeans means{blocks.sizes, std::vector<double>(blocks.sizes.size() * columns)};
  for (std::size_t i = 0; i < blocks.of.size(); ++i) {
    const double weight = measurements.weight.empty() ? 1 : measurements.weight[i];
    double* mean = means.values.data() + blocks.of[i] * columns;
    const double share = weight / static_cast<double>(blocks.sizes[blocks.of[i]]);
    for (int k = 0; k < primary_count; ++k)
      mean[k] += share * measurements.values[i * primary_count + k];
    mean[primary_count] += share;
  }
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
    for (int k = 0; k < primary_count; ++k)
      primary[k] = means[k] / means[primary_count];
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
  return estimate_all(measurements, split_chains(measurements.chain, measurements.trajectory));
}

std::vector<NamedEstimate> estimate_all(const Measurements& measurements, const Chains& chains) {
  if (measurements.values.size() != chains.order.size() * primary_count)
    throw std::invalid_argument("measurements of " + std::to_string(chains.order.size()) + " configurations hold " +
                                std::to_string(measurements.values.size()) + " values");
  if (!measurements.weight.empty() && measurements.weight.size() != chains.order.size())
    throw std::invalid_argument(std::to_string(measurements.weight.size()) + " weights for " +
                                std::to_string(chains.order.size()) + " configurations");
  if (chains.order.size() < 2)
    throw std::invalid_argument("errors need at least 2 configurations, not " + std::to_string(chains.order.size()));
  const auto weights = weights_of(measurements, chains);
  const PrimaryMeans means = means_of(measurements, chains, weights);

  const auto spacing = static_cast<double>(chains.spacing);
  const auto observables = derived_observables(measurements.geometry, means);
  std::vector<NamedEstimate> estimates(observables.size());
  const int threads = threads_for(std::ssize(chains.order));
  std::vector<std::vector<double>> buffers(threads);
  parallel_for(std::ssize(observables), threads, [&](std::int64_t k) {
    auto& series = buffers[omp_get_thread_num()];
    series.resize(chains.order.size());
    project(measurements, chains, weights, means, observables[k], series);
    const auto gamma = gamma_method(series, chains.lengths, chains.times);
    estimates[k] = {observables[k].name,
                    {observables[k].value, gamma.error, gamma.tau_int * spacing, gamma.tau_int_error * spacing}};
  });
  add_jackknife_errors(measurements, chains, estimates);
  return estimates;
}

double effective_sample_fraction(const Measurements& measurements) {
  if (measurements.weight.empty())
    return 1;
  double sum = 0, squares = 0;
  for (const double weight : measurements.weight) {
    sum += weight;
    squares += weight * weight;
  }
  return sum * sum / (static_cast<double>(measurements.weight.size()) * squares);
}

} // namespace stint
