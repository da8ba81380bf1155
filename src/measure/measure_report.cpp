#include "src/measure/measure_report.hpp"

#include "analysis/fluctuations.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stint {
namespace {

std::string number(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : "-";
}

const RankConvergence* convergence_of(const MeasureResult& result, const std::string& name) {
  const auto found = std::ranges::find(result.convergence, name, &NamedConvergence::name);
  return found == result.convergence.end() ? nullptr : &found->convergence;
}

/// tau_int from the history of the run where the configurations do not resolve it.
const ValueError* history_of(const MeasureResult& result, const NamedEstimate& entry) {
  const auto found = result.history_tau_int.find(entry.name);
  const bool use =
      found != result.history_tau_int.end() && entry.undefined.empty() && !resolved(entry.estimate, result.chains);
  return use ? &found->second : nullptr;
}

std::string tau_int_text(const MeasureResult& result, const NamedEstimate& entry) {
  if (const auto* const history = history_of(result, entry))
    return with_error(history->value, history->error) + " h";
  if (!resolved(entry.estimate, result.chains))
    return fmt::format("<= {:.6g}", 0.5 * static_cast<double>(result.chains.spacing));
  return with_error(entry.estimate.tau_int, entry.estimate.tau_int_error);
}

/// What the signs in the column of tau_int mean.
std::string tau_int_notes(const MeasureResult& result) {
  bool bounded = false, history = false;
  for (const auto& entry : result.estimates) {
    const bool open = entry.undefined.empty() && !resolved(entry.estimate, result.chains);
    history |= history_of(result, entry) != nullptr;
    bounded |= open && history_of(result, entry) == nullptr;
  }
  std::string text;
  if (bounded)
    text += fmt::format("<= : not resolved; configurations are saved every {} trajectories, and neighbours are "
                        "independent.\n",
                        result.chains.spacing);
  if (history)
    text += "h : from the history of the run, which has every trajectory.\n";
  return text;
}

std::string undefined_notes(const MeasureResult& result) {
  std::string text;
  for (const auto& entry : result.estimates)
    if (!entry.undefined.empty())
      text += fmt::format("{} is undefined: it {}.\n", entry.name, entry.undefined);
  return text;
}

std::string weights_note(const Measurements& measurements) {
  if (measurements.weight.empty())
    return "";
  const auto samples = measurements.weight.size();
  return fmt::format("Reweighted: the effective sample size is {:.3g} of {} samples.\n",
                     effective_sample_fraction(measurements) * static_cast<double>(samples), samples);
}

std::string correlator_table(const Geometry& geometry, const Correlators& correlators, std::int64_t blocks) {
  const auto text_of = [](const ValueError& x) { return with_error(x.value, x.error); };
  std::string text = fmt::format("\n{:<10}{:>18}{:>18}{:>18}\n", "k or t", "G(p) axis", "C(t)", "m_eff(t)");
  for (std::size_t i = 0; i < correlators.axis.size(); ++i)
    text += fmt::format("{:<10}{:>18}{:>18}{:>18}\n", i, text_of(correlators.axis[i]), text_of(correlators.time[i]),
                        i > 0 ? text_of(correlators.effective_mass[i - 1]) : "");
  text += fmt::format("\np = 2 pi k / {}, connected, errors by the jackknife over {} blocks.\n",
                      std::ranges::max(geometry.extents()), blocks);
  const auto& [mass, length, first, last] = correlators.plateau;
  if (std::isnan(mass.value))
    return text + "No effective mass is known well enough for an exponential correlation length.\n";
  return text + fmt::format("Mass {} and exponential correlation length {} from t = {} to {}.\n", text_of(mass),
                            text_of(length), first, last);
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

Json json_of(const NamedEstimate& entry, const Chains& chains) {
  const auto& estimate = entry.estimate;
  Json json = {{"value", estimate.value},
               {"error", estimate.error},
               {"tau_int", estimate.tau_int},
               {"tau_int_error", estimate.tau_int_error}};
  if (!entry.undefined.empty())
    json["undefined"] = entry.undefined;
  else if (!resolved(estimate, chains))
    json["tau_int_resolved"] = false;
  return json;
}

/// The columns chain, trajectory and those of the primary values, in the order of the chains.
Json series_of(const MeasureResult& result) {
  const auto& measurements = result.measurements;
  std::vector<std::vector<double>> columns(primary_count);
  std::vector<std::int64_t> chain, trajectory;
  for (const std::int64_t i : result.chains.order) {
    chain.push_back(measurements.chain[i]);
    trajectory.push_back(measurements.trajectory[i]);
    for (int k = 0; k < primary_count; ++k)
      columns[k].push_back(measurements.values[i * primary_count + k]);
  }
  Json json = {{"chain", chain}, {"trajectory", trajectory}};
  for (int k = 0; k < primary_count; ++k)
    json[primary_names[k]] = columns[k];
  return json;
}

Json covariance_of(const MeasureResult& result) {
  std::vector<std::string> names;
  std::vector<double> errors;
  for (const auto& entry : result.estimates) {
    names.push_back(entry.name);
    errors.push_back(entry.estimate.error);
  }
  const Fluctuations fluctuations(result.measurements, result.chains, result.rows);
  return {{"observables", names}, {"matrix", covariances(fluctuations, result.configurations(), errors)}};
}

} // namespace

std::string measure_table(const MeasureResult& result) {
  const auto& geometry = result.measurements.geometry;
  std::string text =
      fmt::format("{}: lattice {}, {}\n\n{:<28}{:>17}{:>17}{:>16}{:>8}{:>8}\n", fmt::join(result.files, ", "),
                  geometry.text(), counted(result.configurations(), "configuration"), "observable", "value(error)",
                  "jackknife error", "tau_int", "R-hat", "ESS");
  for (const auto& entry : result.estimates) {
    const auto* const convergence = convergence_of(result, entry.name);
    text += fmt::format(
        "{:<28}{:>17}{:>17}{:>16}{:>8}{:>8}\n", entry.name, with_error(entry.estimate.value, entry.estimate.error),
        number(entry.estimate.jackknife_error, 2), entry.undefined.empty() ? tau_int_text(result, entry) : "-",
        convergence != nullptr && std::isfinite(convergence->r_hat) ? fmt::format("{:.3f}", convergence->r_hat) : "",
        convergence != nullptr && std::isfinite(convergence->bulk_ess) ? fmt::format("{:.0f}", convergence->bulk_ess)
                                                                       : "");
  }
  text += "\nErrors, of the last digits, are one standard deviation, autocorrelation included; tau_int is in "
          "trajectories. R-hat (near 1 if chains agree) and the effective sample size ESS are rank-normalised.\n";
  text += tau_int_notes(result) + undefined_notes(result) + weights_note(result.measurements);
  return result.correlators ? text + correlator_table(geometry, *result.correlators, result.blocks) : text;
}

Json measure_json(const MeasureResult& result, bool series) {
  Json observables = Json::object(), jackknife = Json::object(), convergence = Json::object();
  for (const auto& entry : result.estimates) {
    observables[entry.name] = json_of(entry, result.chains);
    jackknife[entry.name] = entry.estimate.jackknife_error;
  }
  for (const auto& [name, found] : result.convergence)
    convergence[name] = {{"r_hat", found.r_hat}, {"bulk_ess", found.bulk_ess}};
  Json json = {{"configurations", result.configurations()},
               {"observables", observables},
               {"jackknife_errors", jackknife},
               {"convergence", convergence},
               {"suggested_discard", result.cut.trajectories},
               {"sampled", result.sampled},
               {"warnings", result.warnings}};
  if (const auto& couplings = result.couplings)
    json["couplings"] = {{"mass2", couplings->mass2},
                         {"lambda", couplings->lambda},
                         {"field", couplings->field},
                         {"quadratic", couplings->quadratic}};
  for (const auto& [name, tau_int] : result.history_tau_int)
    json["tau_int_history"][name] = {tau_int.value, tau_int.error};
  if (!result.measurements.weight.empty())
    json["effective_sample_size"] = effective_sample_fraction(result.measurements);
  if (result.correlators)
    json["correlators"] = json_of(*result.correlators, result.blocks);
  if (series) {
    json["series"] = series_of(result);
    json["covariance"] = covariance_of(result);
  }
  return json;
}

} // namespace stint
