// stint sample: new configurations from a model.

#include "generative/adaptation/embedded_steps.hpp"
#include "generative/online_sampler.hpp"
#include "generative/path_sampler.hpp"
#include "generative/sampler.hpp"
#include "generative/training/law_distance.hpp"
#include "mcmc/tune.hpp"
#include "src/commands/commands.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/files/frames_file.hpp"
#include "src/files/path_file.hpp"
#include "src/files/same_run.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/log.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"
#include "src/program/progress.hpp"
#include "src/program/ranges.hpp"
#include "src/sample/continuation.hpp"
#include "src/sample/relaxation.hpp"
#include "src/sample/run.hpp"
#include "src/sample/source.hpp"
#include "src/sample/task.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

namespace stint {
namespace {

/// Steps that --tolerance of multistep has chosen.
struct StepChoice {
  int steps = 0;
  std::int64_t rejected = 0;
};

struct Settings {
  SourceOptions source;
  TaskOptions task;
  SampleRunSettings run;
  std::optional<int> steps;
  std::optional<double> until;
  std::string states;      ///< of --continue
  PathStop begin;          ///< where these are
  std::int64_t edited = 0; ///< how many of these were changed
  StepChoice choice;
  std::optional<LawDistance> distance; ///< of the path from what a model was trained on
  std::string frames, path;
  std::string schedule = "scales", solver = "auto", estimate = "none";
  double noise = 1;
  std::optional<double> tolerance;
  std::int64_t relax = 0;
  std::optional<double> relax_step_size;
  std::optional<int> relax_steps;
  std::string weights; ///< density or path
  int probes = 0, colours = 0;
  ComputeOptions compute;
};

void declare(Options& options, Settings& settings) {
  settings.source.declare(options);
  settings.task.declare(options);
  options.value("samples", settings.run.samples, "N", "configurations to make");
  options.group("Path");
  options.value("path", settings.path, "FILE",
                "follow a path that 'stint adapt' found, in place of --steps, --schedule and --curve");
  options.value("steps", settings.steps, "N", "steps of one stage: a sequential path has one stage a group",
                "12, 32 for Runge-Kutta methods, 64 for the SDE");
  options.choice("schedule", settings.schedule, {"scales", "log-ratio", "uniform", "speed"},
                 "steps that share out the scales of the data's spectrum, equal ones in log(alpha/beta) or in "
                 "alpha/(alpha + beta), or equal distances that the law travels");
  options.choice("curve", settings.task.curve, {"linear", "trigonometric"}, "alpha + beta = 1, or the squares");
  options.choice(
      "solver", settings.solver, {"auto", "multistep", "euler", "heun", "rk4", "dopri5", "sde", "sde2"},
      "of the ODE: fourth order with 1 evaluation of the drift a step; Runge-Kutta with 1, 2, 4 evaluations, "
      "or with error control; of the SDE: first or second order with 1 evaluation. auto is sde2 with "
      "--known-noise, for whose answers only the SDE has the right law, rk4 with --weights, else multistep");
  options.value("noise", settings.noise, "EPS",
                "strength of the SDE's noise; 0 is the ODE, 1 undoes the noising of data step by step");
  options.value(
      "tolerance", settings.tolerance, "TOL",
      "error of a step: of dopri5 in units of the field, for each configuration by itself; of multistep in units "
      "of each mode's deviation, with steps that 16 configurations choose once for all",
      "1e-4 for dopri5, --steps for multistep");
  options.value("until", settings.until, "T",
                "stop on the way, at the knot nearest to T stages: 0 is the start, 0.5 after half of the steps of a "
                "path of one stage. OUTPUT then has the states, not configurations, to look at, to change, and to go "
                "on from",
                "go to the end");
  options.value("continue", settings.states, "FILE",
                "go on with the states that --until left in FILE. The options of that run hold, and need not be given; "
                "tilts, --relax, --batch and --precision may be others. Sites where /alpha of FILE was set to 0 keep "
                "the values that /configurations has there, to the end (docs/tasks.md)");
  options.value("frames", settings.frames, "FILE",
                "also write the states of the first 4 configurations on their way, for `python -m stint plot path`");
  options.choice("estimate", settings.estimate, {"none", "mean"},
                 "mean: in place of configurations the mean of all that go with what is known (inpaint, denoise, "
                 "superresolve), in one evaluation of the drift");
  options.group("Exactness");
  options.value("relax", settings.relax, "N",
                "HMC trajectories of every configuration on the target action after the flow; known sites are held");
  options.value("relax-step-size", settings.relax_step_size, "EPS", "of these trajectories, lattice units",
                "0.07 up to 1024 sites, as 1/V^(1/4) above");
  options.value("relax-steps", settings.relax_steps, "N", "leapfrog steps of each",
                "as many as make a trajectory of the length 0.7");
  options.flag("weights", settings.weights, {"density", "path"},
               "exact weights of the samples and log Z. density (meant if no word follows): integrate the log-density "
               "of every sample along the ODE (euler, heun, rk4 or dopri5) and write /log_density and /log_weight = -S "
               "- log q, right for steps so small that more change nothing. path: compare the steps of the SDE with "
               "the noising of data and write /log_weight; one "
               "evaluation of the drift a step, no derivatives, but weights that scatter more");
  options.flag("metropolis", settings.run.metropolis,
               "make the samples one Markov chain with the exact law by independence Metropolis; with --weights");
  options.value("probes", settings.probes, "K",
                "estimate the log-density with K random vectors an evaluation, in place of exactly with one vector a "
                "site: weights are then biased");
  options.value(
      "colours", settings.colours, "N",
      "estimate the log-density with N^d vectors of random signs, each on the sites of one class x mod N: the "
      "larger N, the less noise; N divides all extents");
  options.group("Run");
  settings.run.declare_run(options);
  settings.compute.declare(options);
}

/// What depends on other options.
void fill_in(Settings& settings, const Options& options) {
  settings.run.relaxed = settings.relax > 0;
  settings.run.weights = !settings.weights.empty();
  settings.run.path_weights = settings.weights == "path";
  if (settings.solver == "auto")
    settings.solver = settings.run.weights ? "rk4" : options.given("known-noise") ? "sde2" : "multistep";
  if (!settings.steps)
    settings.steps = settings.run.path_weights            ? 160
                     : settings.solver == "multistep"     ? 12
                     : settings.solver.starts_with("sde") ? 64
                                                          : 32;
}

void check(const Settings& settings, const Options& options) {
  settings.run.check();
  const auto relax_step_size = settings.relax_step_size.value_or(1);
  const int relax_steps = settings.relax_steps.value_or(1);
  check_option("steps", *settings.steps, *settings.steps >= 1, "at least 1");
  check_option("noise", settings.noise, settings.noise >= 0, "at least 0");
  const double tolerance = settings.tolerance.value_or(1);
  check_option("tolerance", tolerance, tolerance > 0, "more than 0");
  check_option("relax", static_cast<double>(settings.relax), settings.relax >= 0, "at least 0");
  check_option("relax-step-size", relax_step_size, relax_step_size > 0, "more than 0");
  check_option("relax-steps", relax_steps, relax_steps >= 1 && relax_steps <= HmcSettings::most_steps,
               fmt::format("a number from 1 to {}", HmcSettings::most_steps));
  check_option("probes", settings.probes, settings.probes >= 0, "at least 0");
  check_option("colours", settings.colours, settings.colours >= 0, "at least 0");
  if (!settings.run.weights)
    for (const char* option : {"metropolis", "probes", "colours"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} goes with --weights", option));
  for (const auto& [option, count] : {std::pair{"probes", settings.probes}, {"colours", settings.colours}})
    if (settings.run.metropolis && count > 0)
      throw UsageError(fmt::format("--metropolis needs exact weights; it does not go with --{}", option));
  if (settings.probes > 0 && settings.colours > 0)
    throw UsageError("--probes and --colours are two estimates of one divergence; give one of them");
  if (settings.run.path_weights)
    for (const char* option : {"solver", "noise", "tolerance", "probes", "colours", "frames"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} does not go with --weights path, whose steps are those of one SDE", option));
  if (settings.run.weights && settings.relax > 0)
    throw UsageError("--weights are those of the flow; they do not go with --relax");
  if (options.given("noise") && !settings.solver.starts_with("sde"))
    throw UsageError("--noise goes with --solver sde or sde2");
  if (settings.task.known_noise > 0 && (!settings.solver.starts_with("sde") || settings.noise != 1))
    throw UsageError("answers to noisy data have their law by --solver sde or sde2 with --noise 1 only");
  if (settings.until)
    for (const char* option : {"weights", "metropolis", "relax", "frames", "estimate"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} does not go with --until", option));
  if (settings.estimate == "mean") {
    if (const auto& task = settings.task.task; task != "inpaint" && task != "denoise" && task != "superresolve")
      throw UsageError(fmt::format("--estimate mean goes with --task inpaint, denoise or superresolve, not {}", task));
    for (const char* option : {"weights", "relax", "solver", "steps", "schedule", "path", "noise", "frames"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} does not go with --estimate mean: it takes no steps", option));
  }
  if (!settings.path.empty())
    for (const char* option : {"steps", "schedule", "curve"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} does not go with --path, whose file says that", option));
  if (settings.tolerance && settings.solver != "dopri5" && settings.solver != "multistep")
    throw UsageError("--tolerance goes with --solver dopri5 or multistep");
  if (settings.tolerance && settings.solver == "multistep")
    for (const char* option : {"steps", "schedule", "path", "until"})
      if (options.given(option))
        throw UsageError(
            fmt::format("--{} does not go with --tolerance of multistep, which chooses the steps", option));
}

/// An order that is chosen on the way has no path beforehand.
void check_chosen_order(const Settings& settings, const Options& options) {
  for (const char* option : {"weights", "until", "frames"})
    if (options.given(option))
      throw UsageError(
          fmt::format("--{} needs a path that is fixed; --order {} is chosen on the way", option, settings.task.order));
}

/// Steps for --tolerance of multistep. They are those of configurations that no run makes, so that they are the same
/// whatever is sampled, with what is known of the first ones.
Schedule steps_of_tolerance(const Mpi& mpi, const Sampler& sampler, double tolerance, std::uint64_t seed,
                            const KnownTask& task, StepChoice& choice) {
  constexpr std::int64_t pilot = 16, first = std::int64_t{1} << 31;
  constexpr int fine = 128; // levels along which the steps are measured
  const auto along = Schedule::scales(fine, sampler.solver.reference.values());
  const auto x0 = noise(sampler.layout, seed, Purpose::sampling, 0, first, pilot);
  const auto known = task.observed(0, pilot);
  const auto start = start_state(sampler.task, x0, known.defined() ? known : torch::zeros_like(x0));
  const auto found = checked([&] {
    return embedded_steps(sampler.drift, sampler.task.path, along, sampler.solver.reference.to(sampler.device),
                          start.to(sampler.device), tolerance);
  });
  // All ranks go the same steps, whatever their processors' rounding.
  auto levels = found.schedule.levels().contiguous();
  std::array<std::int64_t, 2> numbers = {levels.numel(), found.rejected};
  mpi.broadcast(std::span<std::int64_t>(numbers));
  if (levels.numel() != numbers[0])
    levels = torch::empty({numbers[0]}, torch::kDouble);
  mpi.broadcast(std::span(levels.data_ptr<double>(), static_cast<std::size_t>(levels.numel())));
  choice = {.steps = static_cast<int>(numbers[0]) - 1, .rejected = numbers[1]};
  return Schedule::of_levels(levels);
}

/// Of --path, whose curve goes to the task, or by its name; `reference` is that of the law to which the path leads.
Schedule schedule_of(Settings& settings, const Source& source, const Operator& reference) {
  if (settings.path.empty())
    return checked([&] {
      return Schedule::parse(settings.schedule, *settings.steps, reference.values(), source.log_ratio_range);
    });
  const auto path = read_path(settings.path, source.kind, source.layout, source.reference.basis());
  settings.task.curve = text_of(path.curve);
  return path.schedule;
}

/// What does not go together once task and source are known.
void check(const Settings& settings, const Source& source, const KnownTask& task, const Schedule& schedule) {
  checked([&] { return task.task().path.at(0, schedule); });
  if (const Basis basis = *common_basis(task.task().path.basis(), schedule.basis());
      source.families && !source.families->cover(basis))
    throw UsageError(fmt::format("{} was trained for the operators {}; --task {} needs others, of the family '{}'",
                                 settings.source.model, source.families->text(), settings.task.task, basis.text()));
  if (!settings.run.weights && settings.relax == 0)
    return;
  const char* const option = settings.run.weights ? "weights" : "relax";
  if (!source.theory)
    throw UsageError(
        fmt::format("--{} needs an action; {} is of the kind '{}'", option, settings.source.model, source.kind));
  if (settings.source.has_maps() || !task.has_action())
    throw UsageError(
        fmt::format("--{} needs a target with the lattice action alone: no maps, no --known-noise", option));
  if (settings.run.weights && !task.one_law())
    throw UsageError("--weights compare samples of one law; give one --known-configuration");
  if (settings.relax > 0 && settings.task.task == "superresolve")
    throw UsageError("--relax can hold sites, not modes or averages");
}

/// dH grows with the step size to the fourth and the volume to the second power, so that acceptance stays what it is
/// where step^4 V does (Creutz 1988).
HmcSettings relaxation_steps(const Settings& settings, std::int64_t volume) {
  constexpr double largest = 0.07, sites = 1024, length = 0.7;
  const double step_size =
      settings.relax_step_size.value_or(largest * std::min(1.0, std::pow(sites / static_cast<double>(volume), 0.25)));
  const int steps =
      settings.relax_steps.value_or(static_cast<int>(std::clamp(std::round(length / step_size), 1.0, 1e6)));
  return {.step_size = step_size, .steps = steps};
}

/// The knot at which --until stops. Throws UsageError for times that are not on the way.
std::int64_t knot_of(double until, const Sampler& sampler) {
  const auto& path = sampler.task.path;
  const auto steps = knots(path, sampler.schedule).steps;
  check_option("until", until, until > 0 && until < path.stages(),
               fmt::format("more than 0 and less than {:g}, the stages of the path", path.stages()));
  if (steps < 2)
    throw UsageError("--until needs a path of at least 2 steps: take more --steps");
  return std::clamp<std::int64_t>(std::llround(until * sampler.schedule.steps()), 1, steps - 1);
}

/// "knot 7 of 12, t = 0.583333"
std::string stop_text(const PathStop& stop) {
  return fmt::format("knot {} of {}, t = {:.6g}", stop.knot, stop.knots, stop.time);
}

/// The options of the run that left states, for all ranks.
std::string options_for_all(const Mpi& mpi, const std::string& states) {
  std::string text;
  on_root(mpi, [&] { text = options_of_states(states); });
  auto size = static_cast<std::int64_t>(text.size());
  mpi.broadcast(std::span(&size, 1));
  text.resize(static_cast<std::size_t>(size));
  mpi.broadcast(std::span<char>(text));
  return text;
}

Sampler::LogDensity log_density_of(const Settings& settings) {
  if (!settings.run.weights || settings.run.path_weights)
    return Sampler::LogDensity::none;
  if (settings.colours > 0)
    return Sampler::LogDensity::coloured;
  return settings.probes > 0 ? Sampler::LogDensity::hutchinson : Sampler::LogDensity::exact;
}

/// Whether a batch should be given up: it goes on for 10 s after the request to stop, when most have come to their end.
/// Threads may ask at once.
std::function<bool()> overdue(const StopRequest& stop) {
  using Clock = std::chrono::steady_clock;
  return [&stop, since = std::make_shared<std::atomic<Clock::time_point>>(Clock::time_point::max())] {
    if (!stop.made())
      return false;
    auto begin = Clock::time_point::max();
    const auto now = Clock::now();
    if (since->compare_exchange_strong(begin, now))
      begin = now;
    return now - begin > std::chrono::seconds(10);
  };
}

/// The samples first, ..., first + count - 1, relaxed; with `mean` what is expected of them in their place, with
/// `paths` those of the SDE with weights, with `continuation` the ends of states on their way.
Samples make_samples(const Sampler& sampler, const PathSampler* paths, const OnlineSampler* online,
                     const KnownTask& task, const std::optional<Continuation>& continuation, const Relaxation& relax,
                     bool mean, std::uint64_t seed, std::int64_t first, std::int64_t count) {
  auto result = checked([&]() -> Sampler::Result {
    if (continuation)
      return (*continuation)(sampler, seed, first, count);
    if (paths)
      return (*paths)(first, count);
    const auto observed = task.observed(first, count);
    if (online)
      return (*online)(seed, first, count, observed).samples;
    if (!mean)
      return sampler(seed, first, count, observed);
    const auto all = observed.expand(sampler.layout.shape(count)).contiguous();
    auto means = posterior_mean(sampler.drift, sampler.task, all, sampler.device);
    return {.configurations = std::move(means), .log_density = {}, .evaluations = 1};
  });
  if (!result.configurations.isfinite().all().item<bool>())
    throw std::runtime_error(fmt::format(
        "configurations {} to {} are not finite; take more --steps or --precision fp32", first, first + count - 1));
  if (result.log_density.defined() && !result.log_density.isfinite().all().item<bool>())
    throw std::runtime_error(
        fmt::format("log-densities of configurations {} to {} are not finite; take more --steps or --precision fp32",
                    first, first + count - 1));
  const RelaxReport moved = relax(result.configurations, seed, first);
  const auto values = result.configurations.contiguous();
  Samples samples{.evaluations = result.evaluations, .acceptance = moved.acceptance, .unmoved = moved.unmoved};
  samples.configurations.assign(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
  if (result.log_density.defined()) {
    const auto densities = result.log_density.contiguous();
    samples.log_density.assign(densities.data_ptr<double>(), densities.data_ptr<double>() + densities.numel());
  }
  if (result.memory.defined()) {
    const auto memory = result.memory.contiguous();
    samples.memory.assign(memory.data_ptr<float>(), memory.data_ptr<float>() + memory.numel());
    samples.parts_and_numbers = {memory.size(1), memory.size(2)};
  }
  return samples;
}

/// What --relax leaves as it is: what is known, and what a user has fixed on the way.
torch::Tensor held_sites(const KnownTask& task, const std::optional<Continuation>& continuation) {
  const auto fixed = continuation ? continuation->held() : torch::Tensor();
  if (fixed.defined() && task.held().defined())
    return fixed | task.held();
  return fixed.defined() ? fixed : task.held();
}

void print(const Settings& settings, const CommonOptions& common, const Source& source, const SampleReport& report) {
  const double per_configuration = report.seconds / static_cast<double>(settings.run.samples);
  nlohmann::json json = {{"samples", settings.run.samples},
                         {"evaluations", report.evaluations},
                         {"seconds_per_configuration", per_configuration}};
  std::string text =
      fmt::format("{}: {}, lattice {}\n"
                  "evaluations    {:.4g} of the drift for each\n"
                  "time           {}, {:.3g} s a configuration\n",
                  common.output, counted(settings.run.samples, "configuration"), source.layout.geometry.text(),
                  report.evaluations, duration_text(report.seconds), per_configuration);
  if (settings.distance) {
    json["law_distance"] = settings.distance->nats;
  }
  if (settings.choice.steps > 0) {
    text += fmt::format("steps          {} of an error below {:g}; {} were too long and tried again\n",
                        settings.choice.steps, *settings.tolerance, settings.choice.rejected);
    json["steps"] = settings.choice.steps;
    json["rejected_steps"] = settings.choice.rejected;
  }
  if (!settings.states.empty()) {
    text += fmt::format("continued      from {}; {} of {} states were changed\n", stop_text(settings.begin),
                        settings.edited, settings.run.samples);
    json["continued_from_knot"] = settings.begin.knot;
    json["edited"] = settings.edited;
  }
  if (const auto& stop = settings.run.stop) {
    text += fmt::format("stopped        at {}{}; go on with stint sample --continue {}\n", stop_text(*stop),
                        std::abs(stop->time - settings.until.value_or(0)) > 1e-9
                            ? fmt::format(", the nearest to --until {:g}", *settings.until)
                            : "",
                        common.output);
    json["stop_knot"] = stop->knot;
    json["stop_time"] = stop->time;
  }
  if (settings.run.weights) {
    text += fmt::format("effective      {:.4g} of the samples\n", report.effective_sample_fraction);
    json["effective_sample_size"] = report.effective_sample_fraction;
    text += fmt::format("log Z          {}\n", with_error(report.log_z, report.log_z_error));
    json["log_z"] = report.log_z;
    json["log_z_error"] = report.log_z_error;
  }
  if (settings.run.relaxed) {
    text += fmt::format("relaxation     acceptance {:.3f}\n", report.acceptance);
    json["relax_acceptance"] = report.acceptance;
    json["relax_unmoved"] = report.unmoved;
  }
  if (!common.quiet)
    std::fputs(text.c_str(), stdout);
  write_json(common.json, json, common.overwrite);
}

/// Operators that the model was not trained on are answered, but not well.
void warn_of_operators(const Settings& settings, const LawDistance& distance) {
  if (distance.outside())
    log_warning(fmt::format("the path leaves the operators that {} was trained on: at its knot {} it is {:.2g} nats of "
                            "log(alpha/beta) from the nearest of them; its answers may be worse there",
                            settings.source.model, distance.knot, distance.nats));
}

/// HMC whose trajectories are refused leaves configurations as the flow made them.
void warn_of_relaxation(const Settings& settings, const Relaxation& relax, const SampleReport& report) {
  constexpr double low = 0.3;
  if (settings.run.relaxed && (report.acceptance < low || report.unmoved > 0))
    log_warning(fmt::format(
        "--relax accepted {:.2g} of its trajectories and left {} of {} configurations as the flow made them: "
        "take a smaller --relax-step-size than {:.3g}, or more trajectories",
        report.acceptance, report.unmoved, settings.run.samples, relax.hmc.step_size));
}

void warn_of_short_trajectories(const Relaxation& relax) {
  constexpr double shortest = 0.1; // in stable step sizes
  const double length = relax.hmc.step_size * relax.hmc.steps;
  if (const double stable = stable_step_size(relax.theory, relax.geometry.dimensions()); length < shortest * stable)
    log_warning(fmt::format("--relax-step-size {:.3g} times {} is {:.2g}: fields hardly move in a trajectory; the step "
                            "size of this theory is near {:.2g}",
                            relax.hmc.step_size, counted(relax.hmc.steps, "step"), length, stable / 2));
}

/// A run that was done before. A JSON file that it left is not written again.
void print_finished(const Settings& settings, CommonOptions common, const Source& source, const SampleReport& report) {
  if (!common.quiet)
    std::fputs((common.output + " is complete already\n").c_str(), stdout);
  if (std::filesystem::exists(common.json))
    common.json.clear();
  print(settings, common, source, report);
}

} // namespace

int run_sample(const Context& context, Arguments arguments, const Kinds& kinds) {
  Settings settings;
  CommonOptions common;
  Options options(
      "sample",
      "Makes configurations by taking white noise, and what is known, along a path of operators to data, with the "
      "drift "
      "of a model (arXiv:2508.04605). Tasks are paths, tilts change the law: one model serves them all. "
      "Configurations are independent of each other (but for --metropolis). Under mpirun they are split among the "
      "ranks. The run keeps its parts in the folder OUTPUT.parts, and after SIGTERM, SIGUSR1, --time-limit or a crash "
      "the same command with --resume goes on; the configurations depend on neither ranks nor interruptions. Memory: "
      "about 0.3 GB with the default --batch on a 32x32 lattice with 16 channels.");
  declare(options, settings);
  for (const char* input : {"model", "known", "mask", "field-map", "quadratic-map", "path", "continue"})
    options.reads(input);
  options.continues("continue", [&context](const std::string& path) { return options_for_all(context.mpi, path); },
                    {.free = {"model", "path", "field", "quadratic", "field-map", "quadratic-map", "relax",
                              "relax-step-size", "relax-steps", "batch", "precision", "device"},
                     .own = {"until", "continue", "output", "json", "overwrite", "quiet", "threads", "resume",
                             "checkpoint-every", "time-limit"}});
  options.writes("frames");
  options.example("stint sample --model model.h5 --samples 4096 --field 0.02 --output posterior.h5");
  options.example("stint sample --model free-field --lattice 16x16 --mass2 0.5 --output free.h5");
  options.example("stint sample --model free-field --lattice 16x16 --mass2 0.5 --task inpaint --known free.h5 --mask "
                  "block:8x8@4,4 --output inpainted.h5");
  options.example("stint sample --model model.h5 --samples 16 --until 0.4 --output states.h5");
  options.example("stint sample --continue states.h5 --output finished.h5");
  if (!read_options(context, options, common,
                    {.output = "ensemble file to write",
                     .output_required = true,
                     .beside = {".parts"},
                     .seed = "seed of the noise"},
                    arguments))
    return 0;
  fill_in(settings, options);
  check(settings, options);
  if (!settings.run.resume)
    check_outputs(context, common, {common.output, common.json, settings.frames});
  const StopRequest stop(settings.run.time_limit);
  const auto device = settings.compute.resolve_device(context.mpi);
  set_up_libtorch(device);
  const Source source =
      open_source(context.mpi, settings.source, options, kinds, settings.compute.resolve_precision(device), device);
  limit_threads(source.nanoseconds * static_cast<double>(std::min(settings.run.batch, settings.run.samples)));
  // States stay on the path that they are on, whatever the tilt is now.
  const double path_quadratic =
      settings.states.empty() ? settings.source.quadratic : PathStateReader(settings.states).stop().quadratic;
  const Schedule schedule = schedule_of(settings, source, source.reference_at(path_quadratic));
  const KnownTask task(context.mpi, settings.task, options, source.kind, source.layout,
                       static_cast<std::uint64_t>(common.seed));
  check(settings, source, task, schedule);
  Sampler sampler{.drift = source.drift,
                  .layout = source.layout,
                  .task = task.task(),
                  .schedule = schedule,
                  .solver = {.method = parse_method(settings.solver),
                             .noise = settings.noise,
                             .reference = source.reference,
                             .tolerance = settings.tolerance.value_or(SolverOptions().tolerance),
                             .interrupted = overdue(stop)},
                  .log_density = log_density_of(settings),
                  .probes = std::max(settings.probes, 1),
                  .colours = std::max(settings.colours, 1),
                  .device = device};
  if (settings.tolerance && settings.solver == "multistep")
    sampler.schedule = steps_of_tolerance(context.mpi, sampler, *settings.tolerance,
                                          static_cast<std::uint64_t>(common.seed), task, settings.choice);
  std::optional<OnlineSampler> online;
  if (const auto& order = task.chosen_order()) {
    check_chosen_order(settings, options);
    online =
        OnlineSampler{.sampler = sampler,
                      .groups = order->groups,
                      .choose = choose_by_variance(source.drift, order->largest, weak_precision(source.reference))};
  }
  std::optional<Continuation> continuation;
  if (settings.until || !settings.states.empty()) {
    PathStop place = stop_at(sampler, settings.until ? knot_of(*settings.until, sampler) : 0);
    place.model_digest = digest_of_model(context.mpi, settings.source);
    place.tilt_digest = digest_of({source.tilt.A.values(), source.tilt.b});
    if (!settings.path.empty())
      place.path_digest = digest_of({schedule.levels()});
    place.quadratic = path_quadratic;
    if (!settings.states.empty()) {
      continuation.emplace(settings.states, sampler, source.families, settings.run.samples, place);
      settings.begin = continuation->stop();
      settings.edited = continuation->edited();
      if (!continuation->same_tilt() && settings.relax == 0 && context.mpi.root())
        log_warning("the tilt is not that of the run that left these states: what is made of them is of a law between "
                    "the two; --relax N brings it to the tilt of now");
    }
    if (settings.until) {
      if (continuation && place.knot <= settings.begin.knot)
        throw UsageError(fmt::format("--until {:g} is not after the states of {}, which are at {}", *settings.until,
                                     settings.states, stop_text(settings.begin)));
      sampler.until = place.knot;
      settings.run.stop = continuation ? continuation->left_at(std::move(place)) : std::move(place);
    }
  }
  if (source.families && !options.given("lattice")) { // the families are those of the lattice of the data
    settings.distance = distance_to_law(*source.families, knots(sampler.task.path, sampler.schedule), source.layout,
                                        source.log_ratio_range);
    if (context.mpi.root())
      warn_of_operators(settings, *settings.distance);
  }
  const auto held = settings.relax > 0 ? held_sites(task, continuation) : torch::Tensor();
  const Relaxation relax{.trajectories = settings.relax,
                         .hmc = relaxation_steps(settings, source.layout.volume()),
                         .geometry = source.layout.geometry,
                         .theory = source.theory.value_or(Phi4{}),
                         .held = held,
                         .interrupted = overdue(stop)};
  checked([&] { relax.hmc.validate(); });
  if (settings.relax > 0 && context.mpi.root())
    warn_of_short_trajectories(relax);
  EnsembleHeader header{.geometry = source.layout.geometry,
                        .channels = source.layout.channels,
                        .theory = source.theory,
                        .precision = hdf5::Type::float32,
                        .provenance = provenance_of(context, options, common),
                        .kind = source.kind,
                        .format = settings.run.stop ? path_state_format : ensemble_format};
  const PartsFolder folder(common.output, sample_state_format);
  if (continuation)
    header.provenance.states_digest = continuation->digest();
  const std::string deciding = deciding_options(header.provenance);
  auto beginning = Beginning::fresh;
  std::optional<RunLock> lock; // on rank 0
  on_root(context.mpi, [&] {
    beginning = begin_run(settings.run.resume, common, {folder.path(), folder.state(), folder.path()}, deciding,
                          header.provenance.start_time, lock);
    if (beginning == Beginning::finished) {
      folder.clear(); // what a kill just after the end may have left
      print_finished(settings, common, source, read_sample_report(EnsembleReader(common.output, header.format).file()));
    }
  });
  context.mpi.broadcast(std::span(&beginning, 1));
  if (beginning == Beginning::finished)
    return 0;
  std::optional<PathSampler> paths;
  if (settings.run.path_weights)
    checked([&] { paths.emplace(sampler, static_cast<std::uint64_t>(common.seed), task.observed(0, 1)); });
  const auto report = run_samples(context.mpi, settings.run, common, header, folder, beginning == Beginning::resumed,
                                  stop, [&](std::int64_t first, std::int64_t count) {
                                    return make_samples(sampler, paths ? &*paths : nullptr, online ? &*online : nullptr,
                                                        task, continuation, relax, settings.estimate == "mean",
                                                        static_cast<std::uint64_t>(common.seed), first, count);
                                  });
  on_root(context.mpi, [&] {
    if (const auto count = std::min<std::int64_t>(settings.run.samples, 4); !settings.frames.empty())
      write_frames(settings.frames, common.overwrite, sampler, static_cast<std::uint64_t>(common.seed), count,
                   task.observed(0, count), header);
    print(settings, common, source, report);
    warn_of_relaxation(settings, relax, report);
  });
  return 0;
}

} // namespace stint
