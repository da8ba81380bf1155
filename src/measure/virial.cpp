#include "src/measure/virial.hpp"

#include "analysis/convergence.hpp"
#include "analysis/primaries.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stint {

std::vector<double> virials_of(const Phi4& theory, std::span<const double> primaries) {
  std::vector<double> virials(primaries.size() / primary_count);
  for (std::size_t i = 0; i < virials.size(); ++i) {
    const auto row = primaries.subspan(i * primary_count, primary_count);
    virials[i] = theory.virial(row[primary::action_density], row[primary::magnetisation], row[primary::phi4]);
  }
  return virials;
}

bool sampled_from_model(const EnsembleReader& ensemble) {
  return ensemble.file().has_attribute("evaluations"); // of the drift
}

std::optional<Phi4> theory_followed(const EnsembleReader& ensemble) {
  return sampled_from_model(ensemble) ? std::nullopt : ensemble.header().theory;
}

std::string virial_warning(double value, double error, double most_errors) {
  constexpr double most = 0.02;
  if (!(std::abs(value - 1) > std::max(most_errors * error, most)))
    return "";
  return fmt::format("<phi dS/dphi> is {}, but 1 for every action: the couplings, or the unit of the fields, are not "
                     "those with which they were made, or the chains were not in equilibrium",
                     with_error(value, error));
}

std::string virial_warning(const EnsembleReader& ensemble) {
  constexpr std::int64_t most_configurations = 1024, fewest = 16;
  constexpr double most_errors = 20; // autocorrelation makes the true ones some times larger
  const auto theory = theory_followed(ensemble);
  const std::int64_t n = std::min(ensemble.size(), most_configurations), volume = ensemble.geometry().volume();
  if (!theory || n < fewest)
    return "";
  RunningMoments moments;
  std::vector<double> configuration(volume), values(primary_count);
  for (std::int64_t i = 0; i < n; ++i) {
    ensemble.read<double>(ensemble.size() * i / n, configuration);
    measure<double>(ensemble.geometry(), *theory, configuration, values);
    moments.add(virials_of(*theory, values)[0]);
  }
  return virial_warning(moments.mean, std::sqrt(moments.variance() / moments.count), most_errors);
}

} // namespace stint
