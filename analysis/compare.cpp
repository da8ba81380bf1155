#include "analysis/compare.hpp"

#include "analysis/chains.hpp"
#include "analysis/distributions.hpp"
#include "analysis/gamma_method.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace stint {
namespace {

/// The magnetisations of an ensemble as a sample of their distribution.
struct Sample {
  std::vector<double> sorted;
  double independent; ///< configurations that count as independent
};

Sample magnetisation_sample(const Measurements& measurements) {
  const Chains chains = split_chains(measurements.chain, measurements.trajectory);
  std::vector<double> series;
  for (const std::int64_t i : chains.order)
    series.push_back(measurements.values[i * primary_count + primary::magnetisation]);
  const double independent = gamma_method(series, chains.lengths, chains.times).independent;
  std::ranges::sort(series);
  return {std::move(series), independent};
}

double z_score(const Estimate& reference, const Estimate& value) {
  const double difference = value.value - reference.value;
  return difference == 0 ? 0 : difference / std::hypot(reference.error, value.error);
}

/// What leaves the z of an observable without a value.
std::string reason(const NamedEstimate& reference, const NamedEstimate& value, double z) {
  if (!reference.undefined.empty())
    return "the reference " + reference.undefined;
  if (!value.undefined.empty())
    return value.undefined;
  return std::isinf(z) ? "both errors are 0 and the values differ" : "";
}

} // namespace

Comparison compare(const Measurements& reference, const Measurements& other, std::uint64_t seed, ObservableRows rows) {
  if (reference.geometry != other.geometry)
    throw std::invalid_argument("an ensemble on lattice " + other.geometry.text() +
                                " cannot be compared with one on lattice " + reference.geometry.text());
  Comparison comparison;
  const auto references = estimate_all(reference, rows), others = estimate_all(other, rows);
  for (std::size_t k = 0; k < references.size(); ++k) {
    const double z = z_score(references[k].estimate, others[k].estimate);
    comparison.observables.push_back(
        {references[k].name, references[k].estimate, others[k].estimate, z, reason(references[k], others[k], z)});
  }

  const Sample a = magnetisation_sample(reference);
  const Sample b = magnetisation_sample(other);
  comparison.ks_statistic = ks_statistic(a.sorted, b.sorted);
  comparison.ks_p_value = ks_p_value(comparison.ks_statistic, a.independent, b.independent);
  comparison.wasserstein1 = wasserstein1(a.sorted, b.sorted);
  comparison.permutation = permutation_test(reference, other, seed);
  return comparison;
}

std::int64_t Comparison::compared() const {
  return std::ranges::count_if(observables, [](const ComparedObservable& row) { return !std::isnan(row.z); });
}

double Comparison::largest_z() const {
  double largest = 0;
  for (const auto& observable : observables)
    largest = std::fmax(largest, std::abs(observable.z));
  return largest;
}

int Comparison::beyond(double z) const {
  return static_cast<int>(
      std::ranges::count_if(observables, [z](const ComparedObservable& row) { return std::abs(row.z) > z; }));
}

double Comparison::expected_beyond(double z) const {
  return std::erfc(z / std::numbers::sqrt2) * static_cast<double>(compared());
}

} // namespace stint
