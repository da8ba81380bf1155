// stint measure: observables of one ensemble.

#include "analysis/estimate.hpp"
#include "src/commands.hpp"
#include "src/json_output.hpp"
#include "src/measurements.hpp"
#include "src/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace stint {
namespace {

std::string table(const std::string& path, const Measurements& measurements,
                  const std::vector<NamedEstimate>& estimates) {
  std::string text = fmt::format("{}: lattice {}, {} configurations\n\n{:<28}{:>15}{:>13}{:>12}{:>11}\n", path,
                                 measurements.geometry.text(), measurements.chain.size(), "observable", "value",
                                 "error", "tau_int", "error");
  for (const auto& [name, estimate] : estimates)
    text += fmt::format("{:<28}{:>15.8g}{:>13.2g}{:>12.4g}{:>11.2g}\n", name, estimate.value, estimate.error,
                        estimate.tau_int, estimate.tau_int_error);
  return text + "\nErrors are one standard deviation, autocorrelation included; tau_int is in trajectories.\n";
}

Json json_of(const Measurements& measurements, const std::vector<NamedEstimate>& estimates) {
  Json observables = Json::object();
  for (const auto& [name, estimate] : estimates)
    observables[name] = {{"value", estimate.value},
                         {"error", estimate.error},
                         {"tau_int", estimate.tau_int},
                         {"tau_int_error", estimate.tau_int_error}};
  return {{"configurations", measurements.chain.size()}, {"observables", observables}};
}

} // namespace

int run_measure(const Context& context, Arguments arguments) {
  std::vector<std::string> files;
  CommonOptions common;
  Options options("measure",
                  "Measures the observables of an ensemble: magnetisation, susceptibilities, Binder cumulant, "
                  "<phi^2>, <phi^4>, nearest-neighbour correlation, action density and correlation length, all in "
                  "lattice units, with errors that include autocorrelation (Gamma method). The file is read in "
                  "blocks: memory is 32 MiB and 88 bytes a configuration.");
  options.positional("ENSEMBLE", files, 1, 1, "ensemble file, from HMC or from a model");
  options.example("stint measure hmc.h5 --json hmc.json");
  if (!read_options(context, options, common, {}, arguments))
    return 0;
  check_outputs(context, common, {common.output, common.json});
  const Measurements measurements = measure_file(files[0], !common.quiet);
  const auto estimates = estimate_all(measurements);
  print_result(common, table(files[0], measurements, estimates));
  write_json(common.json, json_of(measurements, estimates), common.overwrite);
  return 0;
}

} // namespace stint
