#include "src/compare_report.hpp"

#include "src/ensemble_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace stint {
namespace {

std::string p_value(double p) { return std::isnan(p) ? "unknown, too few configurations" : fmt::format("{:.3g}", p); }

/// A code span that no character of a command line ends.
std::string code(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '`', '\'');
  return text.empty() ? "" : "`" + text + "`";
}

std::string table(const ComparedFile& other) {
  std::string text = "| observable | reference | error | value | error | z |\n|---|---:|---:|---:|---:|---:|\n";
  for (const auto& row : other.comparison.observables)
    text += fmt::format("| {} | {:.8g} | {:.2g} | {:.8g} | {:.2g} | {:.2f} |\n", row.name, row.reference.value,
                        row.reference.error, row.value.value, row.value.error, row.z);
  return text;
}

std::string provenance(const std::string& file) {
  const EnsembleReader ensemble(file);
  const auto& theory = ensemble.theory();
  const auto& made = ensemble.header().provenance;
  std::string text = fmt::format("### {}\n\n| | |\n|---|---|\n", code(file));
  const auto add = [&text](const char* what, const std::string& value) {
    text += fmt::format("| {} | {} |\n", what, value);
  };
  add("configurations", std::to_string(ensemble.size()));
  add("lattice", ensemble.geometry().text());
  add("couplings", fmt::format("mass2 {:.10g}, lambda {:.10g}, field {:.10g}, quadratic {:.10g}", theory.mass2,
                               theory.lambda, theory.field, theory.quadratic));
  add("command line", code(made.command_line));
  add("seed", std::to_string(made.seed));
  add("program", made.program_version + ", commit " + made.git_commit);
  add("libraries", made.libraries);
  add("host", fmt::format("{}, {} ranks of {} threads", made.host, made.ranks, made.threads));
  add("time", made.start_time + " to " + made.end_time);
  return text + "\n";
}

} // namespace

std::string tests_text(const ComparedFile& other) {
  const auto& found = other.comparison;
  std::string text = fmt::format(
      "magnetisation: KS distance {:.4g} (p = {:.3g}), W1 distance {:.4g} (p = {})\n"
      "all observables at once: energy distance {:.4g} (p = {}), {} and {} independent configurations\n"
      "{} of {} observables have |z| > 3, {:.2g} would of one law; largest |z| = {:.2f}\n",
      found.ks_statistic, found.ks_p_value, found.wasserstein1, p_value(found.permutation.wasserstein1_p_value),
      found.permutation.energy_distance, p_value(found.permutation.energy_p_value), found.permutation.reference,
      found.permutation.other, found.beyond(3), found.observables.size(), found.expected_beyond(3), found.largest_z());
  if (other.response)
    text += fmt::format("response: d<M>/dh = {:.6g} +- {:.2g}, mean susceptibility {:.6g} +- {:.2g}, z = {:.2f}\n",
                        other.response->quotient.value, other.response->quotient.error,
                        other.response->susceptibility.value, other.response->susceptibility.error, other.response->z);
  return text;
}

std::string markdown_report(const std::string& path, const std::string& reference, std::span<const ComparedFile> others,
                            const std::string& figure) {
  std::string text = "# Comparison with " + code(reference) + "\n\n";
  for (const auto& other : others) {
    std::string tests = "- " + tests_text(other);
    for (auto end = tests.find('\n'); end + 1 < tests.size(); end = tests.find('\n', end + 1))
      tests.insert(end + 1, "- ");
    text += "## " + code(other.file) + "\n\n" + table(other) + "\n" + tests + "\n";
  }
  text += "Errors are one standard deviation, autocorrelation included (Gamma method); z is the difference in units of "
          "both errors. P values of W1 and the energy distance come from 999 permutations of configurations that are "
          "far apart in their chains. Observables are correlated with each other: the expected number of large z holds "
          "all the same, its scatter is larger than that of independent ones.\n\n";
  if (!figure.empty()) {
    const auto folder = std::filesystem::absolute(path).parent_path();
    text += fmt::format("![magnetisation, pulls and configurations](<{}>)\n\n",
                        std::filesystem::absolute(figure).lexically_proximate(folder).string());
  }
  text += "## Provenance\n\n" + provenance(reference);
  for (const auto& other : others)
    text += provenance(other.file);
  return text;
}

} // namespace stint
