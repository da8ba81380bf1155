// stint compare: do ensembles follow the law of a reference?

#include "analysis/compare.hpp"
#include "analysis/observables.hpp"
#include "src/commands/commands.hpp"
#include "src/files/atomic_file.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/measure/comparison_report.hpp"
#include "src/measure/html_page.hpp"
#include "src/measure/measurements.hpp"
#include "src/program/errors.hpp"
#include "src/program/figure.hpp"
#include "src/program/json_output.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace stint {
namespace {

/// Which observables have no z, by reason.
std::string undefined_text(const Comparison& comparison) {
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& row : comparison.observables)
    if (!row.undefined.empty())
      names[row.undefined].push_back(row.name);
  std::string text;
  for (const auto& [reason, of_reason] : names)
    text += fmt::format("No z of {}: {}.\n", fmt::join(of_reason, ", "), reason);
  return text;
}

std::string table(const std::string& reference, const ComparedFile& other) {
  std::string text = fmt::format("{} against {}\n", other.file, reference);
  if (!other.differences.empty())
    text += fmt::format("The couplings differ: {}.\n", other.differences);
  text += fmt::format("\n{:<28}{:>18}{:>18}{:>9}\n", "observable", "reference", "value", "z");
  for (const auto& row : other.comparison.observables)
    text += fmt::format("{:<28}{:>18}{:>18}{:>9}\n", row.name, with_error(row.reference.value, row.reference.error),
                        with_error(row.value.value, row.value.error), z_text(row.z));
  return text + undefined_text(other.comparison) + "\n" + tests_text(other) + "\n";
}

Json json_of(const ComparedFile& other) {
  const auto& found = other.comparison;
  Json observables = Json::object();
  for (const auto& row : found.observables) {
    observables[row.name] = {{"reference", {row.reference.value, row.reference.error}},
                             {"value", {row.value.value, row.value.error}},
                             {"z", row.z}};
    if (!row.undefined.empty())
      observables[row.name]["undefined"] = row.undefined;
  }
  Json json = {{"file", other.file},
               {"observables", observables},
               {"magnetisation",
                {{"ks_statistic", found.ks_statistic},
                 {"ks_p_value", found.ks_p_value},
                 {"wasserstein1", found.wasserstein1},
                 {"wasserstein1_p_value", found.permutation.wasserstein1_p_value}}},
               {"all_observables",
                {{"energy_distance", found.permutation.energy_distance},
                 {"energy_p_value", found.permutation.energy_p_value},
                 {"configurations", {found.permutation.reference, found.permutation.other}},
                 {"largest_z", found.largest_z()},
                 {"beyond_3", found.beyond(3)},
                 {"expected_beyond_3", found.expected_beyond(3)}}}};
  if (!other.differences.empty())
    json["couplings"] = other.differences;
  if (other.response)
    json["response"] = {
        {"quotient", {other.response->quotient.value, other.response->quotient.error}},
        {"susceptibility", {other.response->susceptibility.value, other.response->susceptibility.error}},
        {"z", other.response->z}};
  return json;
}

void warn_of_few(const std::string& file, const Measurements& measurements) {
  constexpr std::size_t few = 16;
  if (measurements.chain.size() < few)
    spdlog::warn("{}: {} configurations are too few for an error: z means little; compare ensembles of at least {} "
                 "independent ones",
                 file, measurements.chain.size(), few);
}

Phi4 theory_of(const std::string& file) { return EnsembleReader(file).theory(); }

/// Throws UsageError if one of the files is given twice or is of another lattice than the first, std::runtime_error for
/// data without an action.
void check_files(const std::vector<std::string>& files) {
  for (const auto& file : files)
    theory_of(file);
  for (const auto& file : files)
    if (const auto first = EnsembleReader(files[0]).geometry(), other = EnsembleReader(file).geometry(); other != first)
      throw UsageError(fmt::format("{} is on lattice {}, but {} on {}", file, other.text(), files[0], first.text()));
  for (std::size_t i = 0; i < files.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (std::error_code absent; std::filesystem::equivalent(files[j], files[i], absent))
        throw UsageError(files[i] + ": is given twice; an ensemble always agrees with itself");
}

/// Of theories that differ in the field and in nothing else.
bool differ_in_field_only(Phi4 a, const Phi4& b) {
  if (a.field == b.field)
    return false;
  a.field = b.field;
  return a == b;
}

ComparedFile compare_files(const std::string& reference_file, const Measurements& reference, const std::string& file,
                           const Measurements& measurements, ObservableRows rows, const CommonOptions& common) {
  const Phi4 a = theory_of(reference_file), b = theory_of(file);
  warn_of_few(file, measurements);
  try {
    ComparedFile other{
        file, differences(a, b), compare(reference, measurements, static_cast<std::uint64_t>(common.seed), rows), {}};
    if (differ_in_field_only(a, b))
      other.response = response(reference, a.field, measurements, b.field);
    return other;
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(file + ": " + error.what());
  }
}

/// The symbols of the observables, for figures.
Json labels(ObservableRows rows) {
  Json labels = Json::object();
  for (const auto& row : rows)
    labels[row.name] = row.label;
  return labels;
}

bool is_html(const std::string& report) {
  const auto extension = std::filesystem::path(report).extension();
  return extension == ".html" || extension == ".htm";
}

/// A file that is removed when it is no longer used.
AtomicFile scratch_file(const char* extension) {
  return {(std::filesystem::temp_directory_path() / fmt::format("stint-compare-{}{}", ::getpid(), extension)).string(),
          true};
}

/// The figure from the JSON that was asked for, or from one that is made for it and removed.
void plot(const std::string& figure, const Json& json, const CommonOptions& common, bool overwrite) {
  if (!common.json.empty() && common.json != "-")
    return draw_figure("compare", figure, common.json, overwrite);
  const AtomicFile scratch = scratch_file(".json");
  write_json(scratch.temporary(), json, true);
  draw_figure("compare", figure, scratch.temporary(), overwrite);
}

/// The bytes of the figure as PNG.
std::string plot_as_png(const Json& json, const CommonOptions& common) {
  const AtomicFile scratch = scratch_file(".png");
  plot(scratch.temporary(), json, common, true);
  std::ifstream file(scratch.temporary(), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Writes all that was asked for.
void show(const ComparisonResult& result, const std::string& figure, const std::string& report, const Context& context,
          const CommonOptions& common) {
  std::string text;
  Json json = {{"reference", result.reference}, {"labels", labels(result.rows)}, {"others", Json::array()}};
  for (const auto& other : result.others) {
    text += table(result.reference, other);
    json["others"].push_back(json_of(other));
  }
  print_result(common, text);
  write_json(common.json, json, common.overwrite);
  if (!figure.empty())
    plot(figure, json, common, common.overwrite);
  if (report.empty())
    return;
  if (is_html(report))
    write_text_file(
        report,
        html_page(markdown_report(report, result, "in the page", context.command_line), plot_as_png(json, common)),
        common.overwrite);
  else
    write_text_file(report, markdown_report(report, result, figure, context.command_line), common.overwrite);
}

} // namespace

int run_compare(const Context& context, Arguments arguments, ObservableRows rows) {
  std::vector<std::string> files;
  std::string figure, report;
  CommonOptions common;
  Options options("compare",
                  "Compares ensembles with a reference, observable by observable: both values with errors that "
                  "include autocorrelation, their difference in units of its error (z), the Kolmogorov-Smirnov "
                  "and Wasserstein distances of the distributions of the magnetisation, a test of all observables at "
                  "once (energy distance by permutations), and how many large z one law would give. Of ensembles that "
                  "differ in the field only, the response d<M>/dh is compared with the susceptibility. Files may be "
                  "larger than the memory, of which rank 0 needs about 250 bytes a configuration.");
  options.positional("REFERENCE OTHER...", files, 2, 100, "ensemble files on one lattice, the reference first");
  options.group("Figure");
  options.value("plot", figure, "FILE", "draw magnetisation histograms, pulls and configurations (PNG, PDF or SVG)");
  options.value("report", report, "FILE",
                "write a report: a verdict in words, tables, figure and the provenance of every file. FILE.html is one "
                "page with the figure in it; any other name is Markdown, with the figure beside it (--plot, else "
                "FILE.png)");
  options.writes("plot");
  options.writes("report");
  options.example("stint compare hmc.h5 model.h5 --json compare.json --plot compare.png");
  options.example("stint compare hmc.h5 model.h5 --report compare.html");
  if (!read_options(context, options, common, {.seed = "seed of the permutations"}, arguments))
    return 0;
  if (!report.empty() && !is_html(report) && figure.empty()) {
    auto outputs = options.outputs(); // the figure is none of them yet
    figure = std::filesystem::path(report).replace_extension(".png").string();
    outputs.push_back({figure, "the figure of --report, " + figure});
    on_root(context.mpi, [&] { check_distinct(options.inputs(), outputs); });
  }
  check_outputs(context, common, {common.output, common.json, figure, report});
  on_root(context.mpi, [&] { check_files(files); });

  const Measurements reference = measure_file(context.mpi, files[0], !common.quiet);
  on_root(context.mpi, [&] { warn_of_few(files[0], reference); });
  ComparisonResult result{files[0], rows};
  for (std::size_t i = 1; i < files.size(); ++i) {
    const auto measurements = measure_file(context.mpi, files[i], !common.quiet);
    on_root(context.mpi,
            [&] { result.others.push_back(compare_files(files[0], reference, files[i], measurements, rows, common)); });
  }
  on_root(context.mpi, [&] { show(result, figure, report, context, common); });
  return 0;
}

} // namespace stint
