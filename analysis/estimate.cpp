#include "analysis/estimate.hpp"

#include "analysis/chains.hpp"
#include "analysis/fluctuations.hpp"
#include "analysis/gamma_method.hpp"
#include "analysis/jackknife.hpp"
#include "analysis/series_threads.hpp"
#include "lattice/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace stint {
namespace {

constexpr double tau_ints_of_a_block = 10;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr Estimate undefined_estimate{not_a_number, not_a_number, not_a_number, not_a_number};

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

void add_jackknife_errors(const Measurements& measurements, const Chains& chains, ObservableRows rows,
                          std::vector<NamedEstimate>& estimates) {
  double largest_tau = 0;
  for (const auto& [name, estimate, undefined] : estimates)
    largest_tau = std::fmax(largest_tau, estimate.tau_int);
  const Blocks blocks = make_blocks(chains, tau_ints_of_a_block * largest_tau);
  if (!blocks.long_enough)
    return;
  const auto values = [&](std::span<const double> means) {
    PrimaryMeans primary{};
    for (int k = 0; k < primary_count; ++k)
      primary[k] = means[k] / means[primary_count];
    std::vector<double> found;
    for (const auto& observable : evaluate_observables(measurements.geometry, primary, rows))
      found.push_back(observable.value);
    return found;
  };
  const auto errors = jackknife(block_means(measurements, blocks), values);
  for (std::size_t i = 0; i < estimates.size(); ++i)
    estimates[i].estimate.jackknife_error = errors[i].error;
}

} // namespace

std::vector<NamedEstimate> estimate_all(const Measurements& measurements, ObservableRows rows) {
  return estimate_all(measurements, split_chains(measurements.chain, measurements.trajectory), rows);
}

std::vector<NamedEstimate> estimate_all(const Measurements& measurements, const Chains& chains, ObservableRows rows) {
  const Fluctuations fluctuations(measurements, chains, rows);
  const auto& values = fluctuations.values();
  const auto spacing = static_cast<double>(chains.spacing);
  std::vector<NamedEstimate> estimates(values.size());
  const int threads = threads_for(std::ssize(chains.order));
  std::vector<std::vector<double>> buffers(threads);
  parallel_for(std::ssize(values), threads, [&](std::int64_t k) {
    const auto& row = rows[k];
    if (std::isnan(values[k].value)) {
      estimates[k] = {row.name, undefined_estimate, std::string("needs ") + row.needs};
      return;
    }
    auto& series = buffers[omp_get_thread_num()];
    series.resize(chains.order.size());
    fluctuations.series(values[k].gradient, series);
    const auto gamma = gamma_method(series, chains.lengths, chains.times);
    estimates[k] = {
        row.name, {values[k].value, gamma.error, gamma.tau_int * spacing, gamma.tau_int_error * spacing}, ""};
  });
  add_jackknife_errors(measurements, chains, rows, estimates);
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
