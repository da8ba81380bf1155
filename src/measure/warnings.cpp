#include "src/measure/warnings.hpp"

#include "analysis/gamma_method.hpp"
#include "src/measure/virial.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stint {
namespace {

constexpr std::int64_t few_configurations = 16;
constexpr double largest_r_hat = 1.1;  // Bayesian Data Analysis, section 11.4
constexpr double short_chain = 10;     // tau_int
constexpr double enough_tau_int = 50;  // of a chain
constexpr double largest_share = 0.05; // of all weight that one sample may have
constexpr double most_errors = 5;      // of the virial

/// Of the chains with more than one configuration those in which no primary value ever changes.
std::int64_t frozen_chains(const MeasureResult& result) {
  const auto row = [&](std::int64_t k) {
    return std::span(result.measurements.values).subspan(result.chains.order[k] * primary_count, primary_count);
  };
  std::int64_t frozen = 0, first = 0;
  for (const std::int64_t n : result.chains.lengths) {
    bool moves = n < 2;
    for (std::int64_t k = first + 1; k < first + n && !moves; ++k)
      moves = !std::ranges::equal(row(k), row(first));
    frozen += moves ? 0 : 1;
    first += n;
  }
  return frozen;
}

/// Trajectories of the longest chain; 0 if every chain has one configuration.
double longest_chain(const Chains& chains) {
  const std::int64_t longest = std::ranges::max(chains.lengths);
  std::int64_t steps = longest - 1;
  if (!chains.times.empty())
    steps = std::ranges::max(chains.times);
  return longest < 2 ? 0 : static_cast<double>((steps + 1) * chains.spacing);
}

/// The observable of largest tau_int among those whose tau_int is resolved; nothing if there is none.
const NamedEstimate* slowest(const MeasureResult& result) {
  const NamedEstimate* found = nullptr;
  for (const auto& entry : result.estimates)
    if (entry.undefined.empty() && resolved(entry.estimate, result.chains) &&
        (found == nullptr || entry.estimate.tau_int > found->estimate.tau_int))
      found = &entry;
  return found;
}

std::string of_short_chains(const MeasureResult& result) {
  const auto* const slow = slowest(result);
  const double length = longest_chain(result.chains);
  if (slow == nullptr || length == 0 || length >= short_chain * slow->estimate.tau_int)
    return "";
  return fmt::format(
      "the longest chain has {:.0f} trajectories and tau_int of {} is {:.3g}: too short to know tau_int, "
      "which may be larger, and errors with it; give chains of at least {:.2g} trajectories, or a faster "
      "--algorithm",
      length, slow->name, slow->estimate.tau_int, enough_tau_int * slow->estimate.tau_int);
}

std::string of_disagreement(const MeasureResult& result) {
  const NamedConvergence* worst = nullptr;
  for (const auto& entry : result.convergence)
    if (entry.convergence.r_hat > largest_r_hat &&
        (worst == nullptr || entry.convergence.r_hat > worst->convergence.r_hat))
      worst = &entry;
  if (worst == nullptr)
    return "";
  return fmt::format(
      "the chains do not agree on {} (R-hat {:.3f}, above {}): each explores a part of the law only, and "
      "errors may be far too small; run and thermalise longer, or use 'stint hmc --algorithm cluster'",
      worst->name, worst->convergence.r_hat, largest_r_hat);
}

std::string of_beginning(const ThermalisationCut& cut) {
  if (cut.trajectories == 0)
    return "";
  if (!cut.found)
    return fmt::format("{} still drifts in the middle of the chains (their beginning is {:.1f} errors off): they are "
                       "too short to be in equilibrium; run longer",
                       cut.observable, std::abs(cut.z));
  return fmt::format("the first {} trajectories of the chains are not in equilibrium ({} is {:.1f} errors off): leave "
                     "them out with --discard {}",
                     cut.trajectories, cut.observable, std::abs(cut.z), cut.trajectories);
}

/// What is wrong with the chains as such.
std::string of_chains(const MeasureResult& result) {
  const std::int64_t frozen = frozen_chains(result), chains = std::ssize(result.chains.lengths);
  if (frozen > 0)
    return fmt::format("{} of {} never changed: all proposals were rejected, and neither values nor errors "
                       "are to be trusted; run again with a smaller --step-size or with --tune",
                       frozen, counted(chains, "chain"));
  if (result.configurations() < few_configurations)
    return fmt::format("{} configurations are too few for an error: it is a guess; run on, or save more often, until "
                       "there are at least {} independent ones",
                       result.configurations(), few_configurations);
  std::string text = of_disagreement(result);
  return text.empty() ? of_short_chains(result) : text;
}

/// Of configurations that say which action they follow.
std::string of_virial(const MeasureResult& result) {
  if (!result.theory || result.configurations() < few_configurations)
    return "";
  const auto virials = virials_of(*result.theory, result.measurements.values);
  std::vector<double> series;
  for (const std::int64_t k : result.chains.order)
    series.push_back(virials[k]);
  const auto found = gamma_method(series, result.chains.lengths);
  return virial_warning(series_mean(series), found.error, most_errors);
}

std::string of_correlation_length(const MeasureResult& result) {
  const auto found = std::ranges::find(result.estimates, "correlation_length", &NamedEstimate::name);
  const int extent = std::ranges::max(result.measurements.geometry.extents());
  if (found == result.estimates.end() || !(found->estimate.value > extent))
    return "";
  return fmt::format(
      "the correlation length {:.3g} is beyond the lattice, L = {}: <M> stays on one side (broken phase, "
      "chains that do not tunnel) or L is far too small, and the number is no correlation length",
      found->estimate.value, extent);
}

std::string of_weights(const std::vector<double>& weight) {
  if (weight.empty())
    return "";
  const double share = std::ranges::max(weight) / std::reduce(weight.begin(), weight.end());
  if (share <= std::max(largest_share, 2 / static_cast<double>(weight.size()))) // few of them have large shares anyway
    return "";
  return fmt::format("one sample has {:.0f} % of all weight: neither values nor errors are to be trusted; take more "
                     "samples or a better model",
                     100 * share);
}

} // namespace

std::vector<std::string> warnings_of(const MeasureResult& result) {
  std::vector<std::string> warnings = {of_chains(result)};
  if (frozen_chains(result) == 0) {
    warnings.push_back(of_beginning(result.cut));
    if (warnings.back().empty())
      warnings.push_back(of_virial(result));
  }
  warnings.push_back(of_correlation_length(result));
  warnings.push_back(of_weights(result.measurements.weight));
  std::erase(warnings, "");
  return warnings;
}

} // namespace stint
