// stint compare: do ensembles follow the law of a reference?

#include "analysis/compare.hpp"

#include "src/atomic_file.hpp"
#include "src/commands.hpp"
#include "src/figure.hpp"
#include "src/json_output.hpp"
#include "src/measurements.hpp"
#include "src/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <stdexcept>
#include <unistd.h>
#include <vector>

namespace stint {
namespace {

struct Other {
  std::string file;
  Comparison comparison;
};

std::string table(const std::string& reference, const Other& other) {
  std::string text = fmt::format("{} against {}\n\n{:<28}{:>15}{:>11}{:>15}{:>11}{:>8}\n", other.file, reference,
                                 "observable", "reference", "error", "value", "error", "z");
  for (const auto& row : other.comparison.observables)
    text += fmt::format("{:<28}{:>15.8g}{:>11.2g}{:>15.8g}{:>11.2g}{:>8.2f}\n", row.name, row.reference.value,
                        row.reference.error, row.value.value, row.value.error, row.z);
  return text + fmt::format("magnetisation: KS distance {:.4g} (p = {:.3g}), W1 distance {:.4g}\n\n",
                            other.comparison.ks_statistic, other.comparison.ks_p_value, other.comparison.wasserstein1);
}

Json json_of(const Other& other) {
  Json observables = Json::object();
  for (const auto& row : other.comparison.observables)
    observables[row.name] = {{"reference", {row.reference.value, row.reference.error}},
                             {"value", {row.value.value, row.value.error}},
                             {"z", row.z}};
  return {{"file", other.file},
          {"observables", observables},
          {"magnetisation",
           {{"ks_statistic", other.comparison.ks_statistic},
            {"ks_p_value", other.comparison.ks_p_value},
            {"wasserstein1", other.comparison.wasserstein1}}}};
}

Comparison compare_files(const Measurements& reference, const std::string& file, bool show_progress) {
  try {
    return compare(reference, measure_file(file, show_progress));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(file + ": " + error.what());
  }
}

/// The figure from the JSON that was asked for, or from one that is made for it and removed.
void plot(const std::string& figure, const Json& json, const CommonOptions& common) {
  if (!common.json.empty())
    return draw_figure("compare.py", figure, common.json, common.overwrite);
  const AtomicFile scratch(
      (std::filesystem::temp_directory_path() / fmt::format("stint-compare-{}.json", ::getpid())).string(), true);
  write_json(scratch.temporary(), json, true);
  draw_figure("compare.py", figure, scratch.temporary(), common.overwrite);
}

} // namespace

int run_compare(const Context& context, Arguments arguments) {
  std::vector<std::string> files;
  std::string figure;
  CommonOptions common;
  Options options("compare",
                  "Compares ensembles with a reference, observable by observable: both values with errors that "
                  "include autocorrelation, their difference in units of its error (z), and the Kolmogorov-Smirnov "
                  "and Wasserstein distances of the distributions of the magnetisation. Files are read in blocks: "
                  "memory is 32 MiB and 88 bytes a configuration.");
  options.positional("REFERENCE OTHER...", files, 2, 100, "ensemble files on one lattice, the reference first");
  options.group("Figure");
  options.value("plot", figure, "FILE", "draw magnetisation histograms, pulls and configurations (PNG, PDF or SVG)");
  options.example("stint compare hmc.h5 model.h5 --json compare.json --plot compare.png");
  if (!read_options(context, options, common, {}, arguments))
    return 0;
  check_outputs(context, common, {common.output, common.json, figure});

  const Measurements reference = measure_file(files[0], !common.quiet);
  std::string text;
  Json json = {{"reference", files[0]}, {"others", Json::array()}};
  for (std::size_t i = 1; i < files.size(); ++i) {
    const Other other{files[i], compare_files(reference, files[i], !common.quiet)};
    text += table(files[0], other);
    json["others"].push_back(json_of(other));
  }
  print_result(common, text);
  write_json(common.json, json, common.overwrite);
  if (!figure.empty())
    plot(figure, json, common);
  return 0;
}

} // namespace stint
