#include "src/measure/comparison_report.hpp"

#include "analysis/observables.hpp"
#include "analysis/rank_convergence.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/program/numbers.hpp"

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

constexpr const char* notes = R"(
Errors are one standard deviation, autocorrelation included (Gamma method); z is the difference in units of both errors.
P values of W1 and of the energy distance come from 999 permutations of configurations that are far apart in their
chains: 0.001 is the smallest there is. Observables of one ensemble are correlated with each other: the expected number
of large z holds all the same, but its scatter is larger than that of independent ones.

)";

/// The observables with their definitions, from their table.
std::string meanings(ObservableRows rows) {
  std::string text = "## Observables\n\nIn lattice units, of V sites.\n\n| name | meaning |\n|---|---|\n";
  for (const auto& row : rows)
    text += fmt::format("| {} | {} |\n", row.name, code(row.meaning));
  return text + notes;
}

double comparisons_of(const std::vector<ComparedFile>& others) {
  double comparisons = 0;
  for (const auto& other : others)
    comparisons += static_cast<double>(other.comparison.compared());
  return comparisons;
}

/// A p value of one of `number` tests, corrected for their number (Bonferroni).
double corrected(double p, double number) { return std::fmin(1, p * number); }

/// The p value of the largest |z| before it is corrected.
double p_of_largest_z(const Comparison& found) { return std::erfc(found.largest_z() / std::numbers::sqrt2); }

/// One sentence on a file: does it follow the law of the reference? The p value behind it is the smallest of all tests,
/// corrected for their number.
std::string verdict(const ComparedFile& other, const ComparisonResult& result) {
  constexpr double sure = 0.01, unsure = 0.1;
  const auto& found = other.comparison;
  if (found.compared() == 0)
    return "no observable can be compared.";
  const double p_of_z = corrected(p_of_largest_z(found), comparisons_of(result.others));
  const double p_of_tests = corrected(
      std::fmin(found.ks_p_value, std::fmin(found.permutation.energy_p_value, found.permutation.wasserstein1_p_value)),
      3 * static_cast<double>(result.others.size()));
  const double p = std::fmin(p_of_z, p_of_tests);
  const auto largest = std::ranges::max_element(
      found.observables, {}, [](const ComparedObservable& row) { return std::isnan(row.z) ? -1 : std::abs(row.z); });
  std::string text = p < sure     ? "**does not follow the law of the reference.**"
                     : p < unsure ? "**may differ from the reference;** more configurations would tell."
                                  : "**no difference from the reference was found.**";
  text += fmt::format(" The largest of {} differences is {} errors ({}); p {} after correction for the number of "
                      "tests.",
                      found.compared(), z_text(std::abs(largest->z)), largest->name,
                      p > 0 ? fmt::format("= {:.2g}", p) : "< 1e-300");
  if (!other.differences.empty())
    text += " The couplings differ: " + other.differences + ".";
  return text;
}

/// The verdicts, one a line.
std::string in_words(const ComparisonResult& result) {
  std::string text;
  for (const auto& other : result.others)
    text += fmt::format("- {}: {}\n", code(other.file), verdict(other, result));
  return text;
}

/// A line for each ensemble, and how much of it many comparisons give by chance.
std::string summary(const std::vector<ComparedFile>& others) {
  const double comparisons = comparisons_of(others);
  double expected = 0;
  for (const auto& other : others)
    expected += other.comparison.expected_beyond(3);
  std::string text =
      "## Summary\n\n| ensemble | theory | observables | abs(z) > 3 | largest abs(z) | its p, corrected | "
      "p, all observables | p, KS of M |\n|---|---|---:|---:|---:|---:|---:|---:|\n";
  for (const auto& other : others) {
    const auto& found = other.comparison;
    text += fmt::format("| {} | {} | {} | {} | {} | {:.2g} | {} | {:.3g} |\n", code(other.file),
                        other.differences.empty() ? "as reference" : other.differences, found.compared(),
                        found.beyond(3), z_text(found.largest_z()), corrected(p_of_largest_z(found), comparisons),
                        p_value(found.permutation.energy_p_value), found.ks_p_value);
  }
  return text + fmt::format("\n{} comparisons in all: of one law {:.2g} of them would have abs(z) > 3, and with 95 % "
                            "probability or more none abs(z) > {:.2f}. The p value of the largest abs(z) is multiplied "
                            "by their number (Bonferroni); the other p values, {} in all, are not corrected.\n\n",
                            comparisons, expected, -normal_quantile(0.025 / comparisons), 3 * others.size());
}

std::string table(const ComparedFile& other) {
  std::string text = "| observable | reference | value | z |\n|---|---:|---:|---:|\n";
  for (const auto& row : other.comparison.observables)
    text += fmt::format("| {} | {} | {} | {} |\n", row.name, with_error(row.reference.value, row.reference.error),
                        with_error(row.value.value, row.value.error), z_text(row.z));
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

/// How many large z there are, in words.
std::string beyond_text(const Comparison& found) {
  if (found.compared() == 0)
    return "No observable can be compared.\n";
  const double z = found.largest_z(), expected = found.expected_beyond(3);
  const auto number = found.beyond(3);
  std::string text = fmt::format("{} of {} observables differ{} by more than 3 errors", number, found.compared(),
                                 number == 1 ? "s" : "");
  text += fmt::format("; if both ensembles had one law, {:.2g} would on average", expected);
  text += std::isfinite(z) ? fmt::format(". The largest |z| is {}.\n", z_text(z)) : ".\n";
  return text;
}

std::string energy_text(const PermutationTest& test) {
  if (std::isnan(test.energy_distance))
    return fmt::format("All observables at once: not tested; {} and {} configurations of them are independent, and the "
                       "test needs 8 of each.\n",
                       test.reference, test.other);
  return fmt::format("All observables at once: energy distance {:.4g} (p = {}), from {} and {} independent "
                     "configurations.\n",
                     test.energy_distance, p_value(test.energy_p_value), test.reference, test.other);
}

} // namespace

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
  return text;
}

std::string z_text(double z) {
  if (std::isnan(z))
    return "-";
  return std::abs(z) < 1000 ? fmt::format("{:.2f}", z) : fmt::format("{:.2g}", z);
}

std::string tests_text(const ComparedFile& other) {
  const auto& found = other.comparison;
  std::string text = beyond_text(found) + energy_text(found.permutation);
  text +=
      fmt::format("Magnetisation: KS distance {:.4g} (p = {:.3g}), W1 distance {:.4g} (p = {}).\n", found.ks_statistic,
                  found.ks_p_value, found.wasserstein1, p_value(found.permutation.wasserstein1_p_value));
  if (other.response)
    text += fmt::format("Response: d<M>/dh = {}, mean susceptibility {}, z = {}.\n",
                        with_error(other.response->quotient.value, other.response->quotient.error),
                        with_error(other.response->susceptibility.value, other.response->susceptibility.error),
                        z_text(other.response->z));
  return text;
}

std::string markdown_report(const std::string& path, const ComparisonResult& result, const std::string& figure,
                            const std::string& command_line) {
  std::string text =
      fmt::format("# Comparison with {}\n\n{}\nWritten by stint {}, commit {}, at {}:\n\n    {}\n\n",
                  code(result.reference), in_words(result), program_version(), git_commit(), utc_now(), command_line);
  text += summary(result.others);
  if (!figure.empty()) {
    const auto folder = std::filesystem::absolute(path).parent_path();
    text += fmt::format("![magnetisation, pulls and configurations](<{}>)\n\n",
                        std::filesystem::absolute(figure).lexically_proximate(folder).string());
  }
  for (const auto& other : result.others) {
    std::string tests = "- " + tests_text(other);
    for (auto end = tests.find('\n'); end + 1 < tests.size(); end = tests.find('\n', end + 1))
      tests.insert(end + 1, "- ");
    for (auto sign = tests.find('<'); sign != std::string::npos; sign = tests.find('<', sign)) // else a tag of HTML
      tests.replace(sign, 1, "&lt;");
    text += "## " + code(other.file) + "\n\n" + table(other) + "\n" + tests + "\n";
  }
  text += meanings(result.rows);
  text += "## Provenance\n\n" + provenance(result.reference);
  for (const auto& other : result.others)
    text += provenance(other.file);
  return text;
}

} // namespace stint
