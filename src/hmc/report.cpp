#include "src/hmc/report.hpp"

#include "analysis/gamma_method.hpp"
#include "mcmc/tune.hpp"
#include "src/program/numbers.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

namespace stint {
namespace {

constexpr double low_acceptance = 0.3;         // below: most of the work is thrown away
constexpr double largest_deviation = 4;        // of a mean that is 1, in errors
constexpr std::int64_t chains_for_errors = 16; // fewer give no error to judge by
constexpr double largest_r_hat = 1.1;          // Bayesian Data Analysis, section 11.4
constexpr double far_from_one = 0.5;           // of the virial
constexpr double short_chain = 10;             // trajectories of a chain, in tau_int: fewer are warned of
constexpr double enough_tau_int = 50;          // and as many are advised
constexpr double shortest_length = 0.1;        // of a trajectory, in stable step sizes
constexpr std::int64_t sampled_chains = 64, sampled_entries = std::int64_t{1} << 20;

template<class Member>
ValueAndError mean_of_chains(std::span<const ChainSums> chains, double trajectories, Member sum) {
  RunningMoments means;
  for (const auto& chain : chains)
    means.add(chain.*sum / trajectories);
  return {means.mean, std::sqrt(means.variance() / means.count)};
}

std::vector<double> pair_of(const ValueAndError& x) { return {x.value, x.error}; }

/// Calls visit(attribute, numbers...) for every number of a report.
template<class Report, class Visit> void for_each_attribute(Report& report, Visit visit) {
  visit("acceptance", report.acceptance);
  visit("exp_minus_delta_h", report.exp_minus_delta_h);
  visit("virial", report.virial);
  for (std::size_t k = 0; k < slow_observables.size(); ++k) {
    visit(std::string("r_hat_") + slow_observables[k], report.r_hat[k]);
    visit(std::string("tau_int_") + slow_observables[k], report.tau_int[k]);
  }
  visit("force_evaluations", report.force_evaluations);
  visit("seconds", report.seconds);
  visit("site_updates_per_second", report.site_updates_per_second);
  visit("step_size", report.step_size);
  visit("steps", report.steps);
}

std::string text_of(const ValueAndError& x) { return with_error(x.value, x.error); }

/// Whether a mean that is 1 in equilibrium is off by its error, where there is one.
bool off(const HmcRunSettings& settings, const ValueAndError& x) {
  return settings.chains >= chains_for_errors && std::abs(x.value - 1) > largest_deviation * x.error;
}

/// The same of the virial, which is also off where it is far from 1 whatever its error: in a free field its variance is
/// 2/V, and the configurations of a chain may all be one.
bool virial_off(const HmcRunSettings& settings, const Geometry& geometry, const ValueAndError& virial) {
  const auto sites = static_cast<double>(geometry.volume() * settings.chains);
  return off(settings, virial) ||
         std::abs(virial.value - 1) > std::max(far_from_one, largest_deviation * std::sqrt(2 / sites));
}

std::string advice_on_acceptance(const HmcRunSettings& settings) {
  if (settings.by_blocks())
    return "a smaller --block or more --path-steps would help";
  if (!settings.tune)
    return "a smaller --step-size or --tune would help";
  if (const double target = settings.target_acceptance.value_or(1); target < low_acceptance)
    return fmt::format("--target-acceptance is {}, and what is good is {}", target,
                       best_acceptance(settings.update.hmc.integrator));
  return "--precision double or a longer --thermalize may help tuning";
}

/// Of the numbers that are defined, the number of the largest; nothing if none is.
template<class Values, class Number> std::optional<std::size_t> largest(const Values& values, Number number) {
  std::optional<std::size_t> found;
  for (std::size_t k = 0; k < values.size(); ++k)
    if (std::isfinite(number(values[k])) && (!found || number(values[k]) > number(values[*found])))
      found = k;
  return found;
}

std::optional<std::size_t> slowest(const HmcReport& report) {
  return largest(report.tau_int, [](const ValueAndError& tau) { return tau.value; });
}

std::optional<std::size_t> least_converged(const HmcReport& report) {
  return largest(report.r_hat, [](double r_hat) { return r_hat; });
}

/// Chains that are too short to be believed: one sentence, since R-hat and tau_int have one cause.
void warn_of_short_chains(const HmcRunSettings& settings, const EnsembleHeader& header, const HmcReport& report) {
  std::string found;
  if (const auto k = least_converged(report); k && report.r_hat[*k] > largest_r_hat)
    found =
        fmt::format("split R-hat of the {} is {:.3g}, above {}", slow_observables[*k], report.r_hat[*k], largest_r_hat);
  std::string advice = "more --trajectories and --thermalize";
  if (const auto k = slowest(report)) {
    const double tau = report.tau_int[*k].value;
    if (static_cast<double>(settings.trajectories) < short_chain * tau)
      found += fmt::format("{}tau_int of the {} is {:.3g} or more", found.empty() ? "" : ", and ", slow_observables[*k],
                           tau);
    if (const double enough = std::ceil(enough_tau_int * tau); static_cast<double>(settings.trajectories) < enough)
      advice = fmt::format("--trajectories {:.0f}, --thermalize at least {:.0f}", enough, std::ceil(10 * tau));
  }
  if (!found.empty())
    spdlog::warn("chains of {} trajectories are too short: {}; give {}{}", settings.trajectories, found, advice,
                 settings.algorithm != "cluster" && clusters_pay(*header.theory, header.geometry)
                     ? ", or --algorithm cluster"
                     : "");
}

} // namespace

std::array<double, 3> slow_values(const TrajectoryInfo& info) {
  const double magnetisation = info.magnetisation;
  return {magnetisation, magnetisation * magnetisation, info.action};
}

void ChainSums::add(const TrajectoryInfo& info, std::int64_t index, std::int64_t length) {
  accepted += info.accepted ? 1 : 0;
  exp_minus_delta_h += std::isfinite(info.delta_h) ? std::exp(-static_cast<double>(info.delta_h)) : 0;
  virial += info.virial;
  const auto values = slow_values(info);
  for (std::size_t k = 0; k < values.size(); ++k)
    slow[k].add(values[k], index, length);
}

HistorySample::HistorySample(std::int64_t rows, std::int64_t chains)
    : all_chains_(chains), chains_(std::clamp<std::int64_t>(sampled_entries / std::max<std::int64_t>(rows, 1), 1,
                                                            std::min(chains, sampled_chains))),
      largest_rows_(sampled_entries / chains_) {}

void HistorySample::add(const HistoryRows& rows) {
  for (std::int64_t row = 0; row < std::ssize(rows.trajectories) && this->rows() < largest_rows_; ++row)
    for (std::int64_t chain = 0; chain < chains_; ++chain) {
      const auto values = slow_values(rows.infos[row * all_chains_ + chain]);
      for (std::size_t k = 0; k < values.size(); ++k)
        series_[k].push_back(values[k]);
    }
}

std::vector<double> HistorySample::series(std::size_t k) const {
  std::vector<double> ordered;
  ordered.reserve(series_[k].size());
  for (std::int64_t chain = 0; chain < chains_; ++chain)
    for (std::int64_t row = 0; row < rows(); ++row)
      ordered.push_back(series_[k][row * chains_ + chain]);
  return ordered;
}

void summarize(std::span<const ChainSums> chains, std::int64_t trajectories, HmcReport& report) {
  const auto n = static_cast<double>(trajectories);
  report.acceptance = mean_of_chains(chains, n, &ChainSums::accepted).value;
  report.exp_minus_delta_h = mean_of_chains(chains, n, &ChainSums::exp_minus_delta_h);
  report.virial = mean_of_chains(chains, n, &ChainSums::virial);
  std::vector<SplitMoments> moments(chains.size());
  for (std::size_t k = 0; k < slow_observables.size(); ++k) {
    std::transform(chains.begin(), chains.end(), moments.begin(), [k](const auto& chain) { return chain.slow[k]; });
    report.r_hat[k] = split_r_hat(moments);
  }
}

void estimate_tau_int(const HistorySample& sample, std::int64_t history_every, HmcReport& report) {
  if (sample.rows() < 2)
    return;
  const std::vector<std::int64_t> lengths(sample.chains(), sample.rows());
  const auto spacing = static_cast<double>(history_every);
  for (std::size_t k = 0; k < slow_observables.size(); ++k) {
    const auto gamma = gamma_method(sample.series(k), lengths);
    report.tau_int[k] = {gamma.tau_int * spacing, gamma.tau_int_error * spacing};
  }
}

void write_report(hdf5::File& file, const HmcReport& report) {
  for_each_attribute(report, [&file]<class T>(const std::string& name, const T& value) {
    if constexpr (std::is_same_v<T, ValueAndError>)
      file.set_attribute(name, pair_of(value));
    else
      file.set_attribute(name, value);
  });
}

HmcReport read_report(const hdf5::File& file) {
  HmcReport report;
  for_each_attribute(report, [&file]<class T>(const std::string& name, T& value) {
    if (!file.has_attribute(name))
      return;
    if constexpr (std::is_same_v<T, ValueAndError>) {
      const auto pair = file.attribute<std::vector<double>>(name);
      if (pair.size() == 2)
        value = {pair[0], pair[1]};
    } else {
      value = file.attribute<T>(name);
    }
  });
  return report;
}

void announce(const HmcRunSettings& settings, const EnsembleHeader& header, bool chosen) {
  const std::int64_t configurations = settings.saves() * settings.chains;
  const double bytes = static_cast<double>(configurations * header.geometry.volume()) *
                       (header.precision == hdf5::Type::float32 ? sizeof(float) : sizeof(double));
  spdlog::info("{} on {} by {}: {} + {} trajectories each, saved every {}: {}, {:.3g} MB",
               counted(settings.chains, "chain"), header.geometry.text(), settings.algorithm, settings.thermalize,
               settings.trajectories, settings.save_every, counted(configurations, "configuration"), bytes / 1e6);
  if (settings.algorithm == "hmc" && !chosen && clusters_pay(*header.theory, header.geometry))
    spdlog::info("the potential is a double well: --algorithm cluster (or auto) has far shorter autocorrelations here");
}

void warn(const HmcRunSettings& settings, const EnsembleHeader& header, const HmcReport& report) {
  if (report.acceptance < low_acceptance) {
    spdlog::warn("acceptance is {:.3f}: {}", report.acceptance, advice_on_acceptance(settings));
    return; // what else is wrong follows from it
  }
  const double length = report.step_size * static_cast<double>(report.steps);
  const double stable = stable_step_size(*header.theory, header.geometry.dimensions());
  if (settings.algorithm != "fourier" && !settings.by_blocks() && length < shortest_length * stable)
    spdlog::warn("--step-size times --steps is {:.2g}: fields hardly move in a trajectory; the step size of this "
                 "theory is near {:.2g}",
                 length, stable / 2);
  const bool energies = off(settings, report.exp_minus_delta_h),
             fields = virial_off(settings, header.geometry, report.virial);
  std::string found;
  if (energies)
    found = fmt::format("<exp(-dH)> = {}", text_of(report.exp_minus_delta_h));
  if (fields)
    found += fmt::format("{}<phi dS/dphi> = {}", energies ? ", " : "", text_of(report.virial));
  if (found.empty())
    warn_of_short_chains(settings, header, report);
  else
    spdlog::warn("{}, and not 1: the chains have not reached equilibrium, thermalise longer{}", found,
                 !energies                ? ""
                 : settings.by_blocks() ? ", or take more --path-steps"
                                        : ", or take a smaller --step-size or --precision double");
}

std::string table(const HmcRunSettings& settings, const HmcReport& report, const std::string& output) {
  std::string convergence;
  if (const auto k = least_converged(report))
    convergence += fmt::format("split R-hat    {:.4f} ({})\n", report.r_hat[*k], slow_observables[*k]);
  if (const auto k = slowest(report))
    convergence += fmt::format("tau_int        {} trajectories ({})\n",
                               with_error(report.tau_int[*k].value, report.tau_int[*k].error), slow_observables[*k]);
  const std::string move = settings.by_blocks() ? fmt::format("blocks of {}, paths of {}", settings.blocks.block,
                                                              counted(settings.blocks.path_steps, "step"))
                                                : fmt::format("{} of {:.6g}{}", counted(report.steps, "step"),
                                                              report.step_size, settings.tune ? " (tuned)" : "");
  const std::string rate =
      settings.by_blocks() ? "" : fmt::format("site updates   {:.3g} per second\n", report.site_updates_per_second);
  return fmt::format("{}: {}, lattice {}\n"
                     "{}\n"
                     "acceptance     {:.5f}\n"
                     "<exp(-dH)>     {}\n"
                     "<phi dS/dphi>  {}\n"
                     "{}{}"
                     "time           {}\n",
                     output, counted(settings.saves() * settings.chains, "configuration"), settings.lattice, move,
                     report.acceptance, with_error(report.exp_minus_delta_h.value, report.exp_minus_delta_h.error),
                     with_error(report.virial.value, report.virial.error), convergence, rate,
                     duration_text(report.seconds));
}

Json json_of(const HmcRunSettings& settings, const HmcReport& report) {
  Json r_hat = Json::object(), tau_int = Json::object();
  for (std::size_t k = 0; k < slow_observables.size(); ++k) {
    r_hat[slow_observables[k]] = report.r_hat[k];
    tau_int[slow_observables[k]] = pair_of(report.tau_int[k]);
  }
  Json json = {{"acceptance", report.acceptance},
               {"exp_minus_delta_h", pair_of(report.exp_minus_delta_h)},
               {"virial", pair_of(report.virial)},
               {"r_hat", r_hat},
               {"tau_int", tau_int},
               {"algorithm", settings.algorithm}};
  if (settings.by_blocks())
    json.update({{"block", settings.blocks.block}, {"path_steps", settings.blocks.path_steps}});
  else
    json.update({{"integrator", settings.integrator},
                 {"step_size", report.step_size},
                 {"steps", report.steps},
                 {"force_evaluations", report.force_evaluations},
                 {"site_updates_per_second", report.site_updates_per_second}});
  json["seconds"] = report.seconds;
  return json;
}

} // namespace stint
