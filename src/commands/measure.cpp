// stint measure: observables of one ensemble.

#include "analysis/chains.hpp"
#include "analysis/correlators.hpp"
#include "analysis/estimate.hpp"
#include "analysis/rank_convergence.hpp"
#include "analysis/thermalisation.hpp"
#include "src/commands/commands.hpp"
#include "src/measure/measurements.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace stint {
namespace {

constexpr double tau_ints_of_a_block = 10;
constexpr double largest_share = 0.05; // of all weight that one sample may have without a warning

/// What one ensemble gave.
struct Result {
  Measurements measurements;
  std::vector<NamedEstimate> estimates;
  std::vector<NamedConvergence> convergence;
  ThermalisationCut cut;
  std::int64_t blocks = 0; ///< of the correlators
  std::optional<Correlators> correlators;
};

std::string number(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : "-";
}

std::string convergence_line(const std::vector<NamedConvergence>& all) {
  const NamedConvergence *worst = nullptr, *smallest = nullptr;
  for (const auto& entry : all) {
    if (std::isnan(entry.convergence.r_hat))
      continue;
    if (worst == nullptr || entry.convergence.r_hat > worst->convergence.r_hat)
      worst = &entry;
    if (smallest == nullptr || entry.convergence.bulk_ess < smallest->convergence.bulk_ess)
      smallest = &entry;
  }
  if (worst == nullptr)
    return "";
  return fmt::format("Rank-normalised split R-hat is at most {:.3f} ({}), bulk ESS at least {:.0f} ({}).\n",
                     worst->convergence.r_hat, worst->name, smallest->convergence.bulk_ess, smallest->name);
}

std::string correlator_table(const Geometry& geometry, const Correlators& correlators, std::int64_t blocks) {
  std::string text = fmt::format("\n{:<10}{:>13}{:>11}{:>13}{:>11}{:>13}{:>11}\n", "k or t", "G(p) axis", "error",
                                 "C(t)", "error", "m_eff(t)", "error");
  for (std::size_t i = 0; i < correlators.axis.size(); ++i) {
    text += fmt::format("{:<10}{:>13.6g}{:>11.2g}{:>13.6g}{:>11.2g}", i, correlators.axis[i].value,
                        correlators.axis[i].error, correlators.time[i].value, correlators.time[i].error);
    if (i > 0)
      text += fmt::format("{:>13}{:>11}", number(correlators.effective_mass[i - 1].value, 6),
                          number(correlators.effective_mass[i - 1].error, 2));
    text += "\n";
  }
  text += fmt::format("\np = 2 pi k / {}, connected, errors by the jackknife over {} blocks.\n",
                      *std::ranges::max_element(geometry.extents()), blocks);
  const auto& [mass, length, first, last] = correlators.plateau;
  if (std::isnan(mass.value))
    return text + "No effective mass is known well enough for an exponential correlation length.\n";
  return text +
         fmt::format("Mass {:.6g} +- {:.2g} and exponential correlation length {:.6g} +- {:.2g} from t = {} to {}.\n",
                     mass.value, mass.error, length.value, length.error, first, last);
}

std::string table(const std::string& path, const Result& result) {
  const auto& geometry = result.measurements.geometry;
  std::string text =
      fmt::format("{}: lattice {}, {} configurations\n\n{:<28}{:>15}{:>13}{:>13}{:>12}{:>11}\n", path, geometry.text(),
                  result.measurements.chain.size(), "observable", "value", "error", "jackknife", "tau_int", "error");
  for (const auto& [name, estimate] : result.estimates)
    text += fmt::format("{:<28}{:>15.8g}{:>13.2g}{:>13}{:>12.4g}{:>11.2g}\n", name, estimate.value, estimate.error,
                        number(estimate.jackknife_error, 2), estimate.tau_int, estimate.tau_int_error);
  text += "\nErrors are one standard deviation, autocorrelation included; tau_int is in trajectories.\n" +
          convergence_line(result.convergence);
  if (!result.measurements.weight.empty())
    text += fmt::format("Reweighted: the effective sample size is {:.3g} of {} samples.\n",
                        effective_sample_fraction(result.measurements) *
                            static_cast<double>(result.measurements.weight.size()),
                        result.measurements.weight.size());
  return result.correlators ? text + correlator_table(geometry, *result.correlators, result.blocks) : text;
}

/// {KEY: points, "value": [...], "error": [...]}
Json json_of(const char* key, const Json& points, const std::vector<ValueError>& values) {
  Json json = {{key, points}, {"value", Json::array()}, {"error", Json::array()}};
  for (const auto& [value, error] : values) {
    json["value"].push_back(value);
    json["error"].push_back(error);
  }
  return json;
}

Json json_of(const Correlators& correlators, std::int64_t blocks) {
  std::vector<std::int64_t> times(correlators.time.size());
  std::iota(times.begin(), times.end(), 0);
  const auto& [mass, length, first, last] = correlators.plateau;
  return {{"blocks", blocks},
          {"axis", json_of("momentum_squared", correlators.axis_p2, correlators.axis)},
          {"diagonal", json_of("momentum_squared", correlators.diagonal_p2, correlators.diagonal)},
          {"time", json_of("t", times, correlators.time)},
          {"effective_mass", json_of("t", std::vector(times.begin() + 1, times.end()), correlators.effective_mass)},
          {"mass", {{"value", mass.value}, {"error", mass.error}, {"first", first}, {"last", last}}},
          {"correlation_length_exponential", {{"value", length.value}, {"error", length.error}}}};
}

Json json_of(const Result& result) {
  Json observables = Json::object(), jackknife = Json::object(), convergence = Json::object();
  for (const auto& [name, estimate] : result.estimates) {
    observables[name] = {{"value", estimate.value},
                         {"error", estimate.error},
                         {"tau_int", estimate.tau_int},
                         {"tau_int_error", estimate.tau_int_error}};
    jackknife[name] = estimate.jackknife_error;
  }
  for (const auto& [name, found] : result.convergence)
    convergence[name] = {{"r_hat", found.r_hat}, {"bulk_ess", found.bulk_ess}};
  Json json = {{"configurations", result.measurements.chain.size()},
               {"observables", observables},
               {"jackknife_errors", jackknife},
               {"convergence", convergence},
               {"suggested_discard", result.cut.trajectories}};
  if (!result.measurements.weight.empty())
    json["effective_sample_size"] = effective_sample_fraction(result.measurements);
  if (result.correlators)
    json["correlators"] = json_of(*result.correlators, result.blocks);
  return json;
}

void warn(const std::string& path, const ThermalisationCut& cut) {
  if (cut.trajectories == 0)
    return;
  if (!cut.found)
    return spdlog::warn(
        "{}: {} still drifts in the middle of the chains (their beginning is {:.1f} errors off): they are "
        "too short to be in equilibrium",
        path, cut.observable, std::abs(cut.z));
  spdlog::warn(
      "{}: the first {} trajectories of the chains are not in equilibrium ({} is {:.1f} errors off): leave them "
      "out with --discard {}",
      path, cut.trajectories, cut.observable, std::abs(cut.z), cut.trajectories);
}

void warn_of_weights(const std::string& path, const Measurements& measurements) {
  const double share =
      std::ranges::max(measurements.weight) / std::reduce(measurements.weight.begin(), measurements.weight.end());
  if (share > largest_share)
    spdlog::warn("{}: one sample has {:.0f} % of all weight: neither values nor errors are to be trusted", path,
                 100 * share);
}

/// Blocks of many autocorrelation times of what the first pass over the file has found.
Blocks blocks_of(const std::string& path, std::int64_t configurations, const Result& result) {
  double tau_int = 0;
  for (const auto& [name, estimate] : result.estimates)
    tau_int = std::max(tau_int, estimate.tau_int);
  Blocks blocks = make_blocks(split_chains(result.measurements.chain, result.measurements.trajectory),
                              tau_ints_of_a_block * tau_int);
  if (!blocks.long_enough)
    spdlog::warn("{}: too short for 16 blocks of 10 tau_int ({:.3g} trajectories): errors of correlators are too small",
                 path, tau_int);
  if (blocks.sizes.size() < 2)
    throw std::runtime_error(path + ": --correlators needs at least 2 blocks of configurations");
  std::vector<std::int32_t> block_of(configurations, -1);
  for (std::size_t i = 0; i < blocks.of.size(); ++i)
    block_of[result.measurements.number_of(static_cast<std::int64_t>(i))] = blocks.of[i];
  blocks.of = std::move(block_of);
  return blocks;
}

} // namespace

int run_measure(const Context& context, Arguments arguments) {
  std::vector<std::string> files;
  CommonOptions common;
  std::int64_t discard = 0;
  bool with_correlators = false, reweight = false;
  Options options("measure",
                  "Measures the observables of an ensemble: magnetisation, susceptibilities, Binder cumulant, "
                  "<phi^2>, <phi^4>, nearest-neighbour correlation, action density and correlation length, all in "
                  "lattice units, with errors that include autocorrelation (Gamma method; the blocked jackknife beside "
                  "it), split R-hat and effective sample size, and a warning where chains begin out of equilibrium. "
                  "Chains may differ in length and have gaps. The file may be larger than the memory, of which rank 0 "
                  "needs about 150 bytes a configuration.");
  options.positional("ENSEMBLE", files, 1, 1, "ensemble file, from HMC or from a model");
  options.group("Measurement");
  options.value("discard", discard, "N",
                "leave out the first N trajectories of each chain, counted from its first "
                "configuration");
  options.flag(
      "correlators", with_correlators,
      "also measure the propagator G(p) along axes and diagonals, the correlator C(t), effective masses and the "
      "exponential correlation length, connected; reads the file twice");
  options.flag(
      "reweight", reweight,
      "count each sample of a model by exp(/log_weight) of 'stint sample --weights': unbiased estimates for the "
      "action, whatever the model, as long as enough samples count");
  options.example("stint measure hmc.h5 --json hmc.json");
  options.example("stint measure hmc.h5 --correlators --json hmc.json");
  if (!read_options(context, options, common, {}, arguments))
    return 0;
  if (discard < 0)
    throw UsageError(fmt::format("--discard is {}, expected at least 0", discard));
  if (reweight && with_correlators)
    throw UsageError("--reweight has no --correlators; measure one after the other");
  check_outputs(context, common, {common.output, common.json});

  Result result{measure_file(context.mpi, files[0], !common.quiet), {}, {}, {}, 0, {}};
  Blocks blocks;
  on_root(context.mpi, [&] {
    auto& measurements = result.measurements;
    const auto configurations = std::ssize(measurements.chain);
    if (reweight)
      for (const auto weights = weights_of_file(files[0]); const std::int64_t number : measurements.number)
        measurements.weight.push_back(weights[number]);
    if (discard > 0)
      measurements = select(measurements, after_beginning(measurements, discard));
    if (measurements.chain.size() < 2)
      throw std::runtime_error(fmt::format("{}: --discard {} leaves {} configurations; errors need at least 2",
                                           files[0], discard, measurements.chain.size()));
    try {
      const Chains chains = split_chains(measurements.chain, measurements.trajectory);
      result.estimates = estimate_all(measurements, chains);
      result.convergence = convergence_all(measurements, chains);
      result.cut = suggest_cut(measurements, chains);
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(files[0] + ": " + error.what());
    }
    warn(files[0], result.cut);
    if (reweight)
      warn_of_weights(files[0], measurements);
    if (with_correlators)
      blocks = blocks_of(files[0], configurations, result);
  });
  if (with_correlators) {
    const auto means = correlators_of_file(context.mpi, files[0], std::move(blocks), !common.quiet);
    on_root(context.mpi, [&] {
      result.blocks = std::ssize(means.sizes);
      result.correlators = correlators(result.measurements.geometry, means);
    });
  }
  on_root(context.mpi, [&] {
    print_result(common, table(files[0], result));
    write_json(common.json, json_of(result), common.overwrite);
  });
  return 0;
}

} // namespace stint
