#include "src/measure/comparison_report.hpp"

#include "analysis/rank_convergence.hpp"
#include "src/files/ensemble_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>

namespace stint {
namespace {

std::string p_value(double p) { return std::isnan(p) ? "unknown, too few configurations" : fmt::format("{:.3g}", p); }

/// A code span that no character of a command line ends.
std::string code(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '`', '\'');
  return text.empty() ? "" : "`" + text + "`";
}

constexpr const char* meanings = R"(## Observables

In lattice units, of V sites in d dimensions, with `M = (1/V) sum_x phi_x`.

| name | meaning |
|---|---|
| magnetisation, abs_magnetisation, magnetisation_squared | `<M>`, `<abs(M)>`, `<M^2>` |
| susceptibility | `V (<M^2> - <M>^2)` |
| susceptibility_abs | `V (<M^2> - <abs(M)>^2)` |
| susceptibility_disconnected | `V <M^2>` |
| binder_cumulant | `1 - <M^4> / (3 <M^2>^2)` |
| phi2, phi4 | `<phi^2>`, `<phi^4>` of a site |
| nearest_neighbour | `<phi_x phi_y>` of neighbours x, y, mean over directions |
| action_density | `<S>/V`, with the couplings of each ensemble |
| correlation_length | second moment: `sqrt(G(0)/G(p) - 1) / (2 sin(p/2))` at the smallest momentum p, G connected |

Errors are one standard deviation, autocorrelation included (Gamma method); z is the difference in units of both errors.
P values of W1 and of the energy distance come from 999 permutations of configurations that are far apart in their
chains: 0.001 is the smallest there is. Observables of one ensemble are correlated with each other: the expected number
of large z holds all the same, but its scatter is larger than that of independent ones.

)";

/// "field 0.02 (reference 0)", ...
std::string differences(const Phi4& reference, const Phi4& theory) {
  std::string text;
  const auto add = [&text](const char* name, double a, double b) {
    if (a != b)
      text += fmt::format("{}{} {:.10g} (reference {:.10g})", text.empty() ? "" : ", ", name, b, a);
  };
  add("mass2", reference.mass2, theory.mass2);
  add("lambda", reference.lambda, theory.lambda);
  add("field", reference.field, theory.field);
  add("quadratic", reference.quadratic, theory.quadratic);
  return text.empty() ? "as reference" : text;
}

/// A line for each ensemble, and how much of it many comparisons give by chance.
std::string summary(const std::string& reference, std::span<const ComparedFile> others) {
  double comparisons = 0, expected = 0;
  for (const auto& other : others) {
    comparisons += static_cast<double>(other.comparison.observables.size());
    expected += other.comparison.expected_beyond(3);
  }
  const Phi4 theory = EnsembleReader(reference).theory();
  std::string text =
      "## Summary\n\n| ensemble | theory | observables | abs(z) > 3 | largest abs(z) | its p, corrected | "
      "p, all observables | p, KS of M |\n|---|---|---:|---:|---:|---:|---:|---:|\n";
  for (const auto& other : others) {
    const auto& found = other.comparison;
    const double p = std::erfc(found.largest_z() / std::numbers::sqrt2);
    text += fmt::format("| {} | {} | {} | {} | {:.2f} | {:.2g} | {} | {:.3g} |\n", code(other.file),
                        differences(theory, EnsembleReader(other.file).theory()), found.observables.size(),
                        found.beyond(3), found.largest_z(), std::min(1.0, p * comparisons),
                        p_value(found.permutation.energy_p_value), found.ks_p_value);
  }
  return text + fmt::format("\n{} comparisons in all: of one law {:.2g} of them would have abs(z) > 3, and with 95 % "
                            "probability or more none abs(z) > {:.2f}. The p value of the largest abs(z) is multiplied "
                            "by their number (Bonferroni); the other p values, {} in all, are not corrected.\n\n",
                            comparisons, expected, -normal_quantile(0.025 / comparisons), 3 * others.size());
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
  add("host", made.host);
  add("ranks x threads", fmt::format("{} x {}", made.ranks, made.threads));
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
                            const std::string& figure, const std::string& command_line) {
  std::string text = fmt::format(
      "# Comparison with {0}\n\nDo these ensembles follow the law of the reference {0}? Written by stint {1}, "
      "commit {2}, at {3}:\n\n    {4}\n\n",
      code(reference), program_version(), git_commit(), utc_now(), command_line);
  text += summary(reference, others);
  if (!figure.empty()) {
    const auto folder = std::filesystem::absolute(path).parent_path();
    text += fmt::format("![magnetisation, pulls and configurations](<{}>)\n\n",
                        std::filesystem::absolute(figure).lexically_proximate(folder).string());
  }
  for (const auto& other : others) {
    std::string tests = "- " + tests_text(other);
    for (auto end = tests.find('\n'); end + 1 < tests.size(); end = tests.find('\n', end + 1))
      tests.insert(end + 1, "- ");
    for (auto sign = tests.find('<'); sign != std::string::npos; sign = tests.find('<', sign)) // else a tag of HTML
      tests.replace(sign, 1, "&lt;");
    text += "## " + code(other.file) + "\n\n" + table(other) + "\n" + tests + "\n";
  }
  text += meanings;
  text += "## Provenance\n\n" + provenance(reference);
  for (const auto& other : others)
    text += provenance(other.file);
  return text;
}

} // namespace stint
