// stint measure: observables of one ensemble, in one file or in several.

#include "analysis/chains.hpp"
#include "analysis/correlators.hpp"
#include "src/commands/commands.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/files/ensemble_join.hpp"
#include "src/hmc/report.hpp"
#include "src/measure/measure_report.hpp"
#include "src/measure/measurements.hpp"
#include "src/measure/pyerrors_file.hpp"
#include "src/measure/virial.hpp"
#include "src/measure/warnings.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace stint {
namespace {

constexpr double tau_ints_of_a_block = 10;

struct MeasureOptions {
  std::vector<std::string> files;
  std::int64_t discard = 0;
  bool correlators = false, reweight = false, series = false;
  std::string pyerrors;
  CommonOptions common;

  void declare(Options& options);
  void check() const; ///< throws UsageError
};

void MeasureOptions::declare(Options& options) {
  options.positional(
      "ENSEMBLE...", files, 1, 100,
      "ensemble files, from HMC or from a model; several of one theory count as one ensemble, the chains "
      "of each as chains of their own");
  options.group("Measurement");
  options.value("discard", discard, "N",
                "leave out the first N trajectories of each chain, counted from its first "
                "configuration");
  options.flag(
      "correlators", correlators,
      "also measure the propagator G(p) along axes and diagonals, the correlator C(t), effective masses and the "
      "exponential correlation length, connected; reads the files twice");
  options.flag(
      "reweight", reweight,
      "count each sample of a model by exp(/log_weight) of 'stint sample --weights': unbiased estimates for the "
      "action, whatever the model, as long as enough samples count");
  options.flag("series", series,
               "also write to --json what is measured on each configuration, and the covariances of the observables");
  options.value("pyerrors", pyerrors, "FILE.json.gz",
                "write all observables for pyerrors.input.json.load_json, with --correlators also C(t); chains are "
                "replica, trajectory numbers configuration numbers");
  options.writes("pyerrors");
  options.example("stint measure hmc.h5 --json hmc.json");
  options.example("stint measure hmc.h5 --correlators --json hmc.json");
  options.example("stint measure run1.h5 run2.h5 --pyerrors both.json.gz");
}

void MeasureOptions::check() const {
  if (discard < 0)
    throw UsageError(fmt::format("--discard is {}, expected at least 0", discard));
  if (reweight && correlators)
    throw UsageError("--reweight has no --correlators; measure one after the other");
  if (series && common.json.empty())
    throw UsageError("--series needs --json FILE, where the series go");
}

/// The files as messages name them.
std::string title_of(const std::vector<std::string>& files) { return fmt::format("{}", fmt::join(files, ", ")); }

/// tau_int of the observables that the history of the run has, by name; of one file only.
std::map<std::string, ValueError> history_tau_int_of(const std::vector<std::string>& files) {
  constexpr std::array<const char*, 3> names = {"magnetisation", "magnetisation_squared", "action_density"};
  std::map<std::string, ValueError> found;
  if (files.size() != 1)
    return found;
  const auto report = read_report(EnsembleReader(files[0]).file());
  for (std::size_t k = 0; k < names.size(); ++k)
    if (std::isfinite(report.tau_int[k].value))
      found[names[k]] = {report.tau_int[k].value, report.tau_int[k].error};
  return found;
}

/// The theory of all files, if all of them follow their action.
std::optional<Phi4> theory_of(const std::vector<std::string>& files) {
  std::optional<Phi4> theory;
  for (const auto& file : files)
    if (theory = theory_followed(EnsembleReader(file)); !theory)
      break;
  return theory;
}

/// Everything that follows from the measurements of single configurations.
void analyse(const MeasureOptions& options, MeasureResult& result) {
  auto& measurements = result.measurements;
  if (options.reweight)
    for (const auto weights = weights_of_files(options.files); const std::int64_t number : measurements.number)
      measurements.weight.push_back(weights[number]);
  if (options.discard > 0)
    measurements = select(measurements, after_beginning(measurements, options.discard));
  if (measurements.chain.size() < 2)
    throw std::runtime_error(fmt::format("{}: --discard {} leaves {}; errors need at least 2", title_of(options.files),
                                         options.discard, counted(std::ssize(measurements.chain), "configuration")));
  try {
    result.chains = split_chains(measurements.chain, measurements.trajectory);
    result.estimates = estimate_all(measurements, result.chains, result.rows);
    result.convergence = convergence_all(measurements, result.chains);
    result.cut = suggest_cut(measurements, result.chains);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(title_of(options.files) + ": " + error.what());
  }
  result.history_tau_int = history_tau_int_of(options.files);
  result.theory = theory_of(options.files);
  const EnsembleReader first(options.files.front());
  result.couplings = first.header().theory;
  result.sampled = sampled_from_model(first);
  result.warnings = warnings_of(result);
}

/// The correlators' columns in the order of the chains.
std::vector<double> columns_for_pyerrors(const MeasureResult& result) {
  const auto all = correlator_columns_of_files(result.files);
  const std::int64_t width = CorrelatorColumns(result.measurements.geometry).count();
  std::vector<double> columns;
  for (const std::int64_t i : result.chains.order) {
    const auto row = all.begin() + result.measurements.number_of(i) * width;
    columns.insert(columns.end(), row, row + width);
  }
  return columns;
}

/// Blocks of many autocorrelation times, for all configurations of the files.
Blocks blocks_of(std::int64_t configurations, MeasureResult& result) {
  const double tau_int = result.largest_tau_int();
  Blocks blocks = make_blocks(result.chains, tau_ints_of_a_block * tau_int);
  if (!blocks.long_enough)
    result.warnings.push_back(fmt::format("too short for 16 blocks of 10 tau_int ({:.3g} trajectories): errors of "
                                          "correlators are too small; run longer",
                                          tau_int));
  if (blocks.sizes.size() < 2)
    throw std::runtime_error(title_of(result.files) + ": --correlators needs at least 2 blocks of configurations");
  std::vector<std::int32_t> block_of(configurations, -1);
  for (std::size_t i = 0; i < blocks.of.size(); ++i)
    block_of[result.measurements.number_of(static_cast<std::int64_t>(i))] = blocks.of[i];
  blocks.of = std::move(block_of);
  return blocks;
}

/// Prints and writes all that was asked for.
void show(const MeasureOptions& options, const MeasureResult& result) {
  for (const auto& warning : result.warnings)
    spdlog::warn("{}: {}", title_of(result.files), warning);
  print_result(options.common, measure_table(result));
  write_json(options.common.json, measure_json(result, options.series), options.common.overwrite);
  if (!options.pyerrors.empty())
    write_pyerrors(options.pyerrors, result, options.correlators ? columns_for_pyerrors(result) : std::vector<double>(),
                   options.common.overwrite);
}

} // namespace

int run_measure(const Context& context, Arguments arguments, ObservableRows rows) {
  MeasureOptions settings;
  Options options("measure",
                  "Measures the observables of an ensemble: magnetisation, susceptibilities, Binder cumulant, "
                  "<phi^2>, <phi^4>, nearest-neighbour correlation, action density and correlation length, all in "
                  "lattice units, with errors that include autocorrelation (Gamma method; the blocked jackknife beside "
                  "it), split R-hat and effective sample size, and a warning where chains are stuck, too short, do not "
                  "agree, begin out of equilibrium or follow another action than the file says. Chains may differ in "
                  "length and have gaps. Files may be larger "
                  "than the memory, of which rank 0 needs about 150 bytes a configuration; --series and --pyerrors "
                  "need more.");
  settings.declare(options);
  if (!read_options(context, options, settings.common, {}, arguments))
    return 0;
  settings.check();
  const auto& common = settings.common;
  check_outputs(context, common, {common.output, common.json, settings.pyerrors});

  MeasureResult result{settings.files, measure_files(context.mpi, settings.files, !common.quiet), rows};
  Blocks blocks;
  on_root(context.mpi, [&] {
    if (settings.files.size() > 1) // counted twice, they would make errors too small
      check_no_duplicates(settings.files);
    const auto configurations = std::ssize(result.measurements.chain);
    analyse(settings, result);
    if (settings.correlators)
      blocks = blocks_of(configurations, result);
  });
  if (settings.correlators) {
    const auto means = correlators_of_files(context.mpi, settings.files, std::move(blocks), !common.quiet);
    on_root(context.mpi, [&] {
      result.blocks = std::ssize(means.sizes);
      result.correlators = correlators(result.measurements.geometry, means);
    });
  }
  on_root(context.mpi, [&] { show(settings, result); });
  return 0;
}

} // namespace stint
