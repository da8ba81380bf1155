#include "src/sample/settings.hpp"

#include "mcmc/hmc.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"
#include "src/program/ranges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace stint {

void SampleSettings::declare(Options& options) {
  source.declare(options);
  task.declare(options);
  options.value("samples", run.samples, "N", "configurations to make");
  options.group("Path");
  options.value("path", path, "FILE",
                "follow a path that 'stint adapt' found, in place of --steps, --schedule and --curve");
  options.value("steps", steps, "N", "steps of one stage: a sequential path has one stage a group",
                "12, 24 with --weights, 32 for Runge-Kutta methods, 64 for the SDE, 160 for weights of paths");
  options.choice("schedule", schedule, {"scales", "log-ratio", "uniform", "speed"},
                 "steps that share out the scales of the data's spectrum, equal ones in log(alpha/beta) or in "
                 "alpha/(alpha + beta), or equal distances that the law travels");
  options.choice("curve", task.curve, {"linear", "trigonometric"}, "alpha + beta = 1, or the squares");
  options.choice(
      "solver", solver, {"auto", "multistep", "euler", "heun", "rk4", "dopri5", "sde", "sde2"},
      "of the ODE: fourth order with 1 evaluation of the drift a step; Runge-Kutta with 1, 2, 4 evaluations, "
      "or with error control; of the SDE: first or second order with 1 evaluation. auto is sde2 with "
      "--known-noise, for whose answers only the SDE has the right law, else multistep");
  options.value("noise", noise, "EPS",
                "strength of the SDE's noise; 0 is the ODE, 1 undoes the noising of data step by step");
  options.value(
      "tolerance", tolerance, "TOL",
      "error of a step: of dopri5 in units of the field, for each configuration by itself; of multistep in units "
      "of each mode's deviation, with steps that 16 configurations choose once for all",
      "1e-4 for dopri5, --steps for multistep");
  options.value("until", until, "T",
                "stop on the way, at the knot nearest to T stages: 0 is the start, 0.5 after half of the steps of a "
                "path of one stage. OUTPUT then has the states, not configurations, to look at, to change, and to go "
                "on from",
                "go to the end");
  options.value("continue", states, "FILE",
                "go on with the states that --until left in FILE. The options of that run hold, and need not be given; "
                "tilts, --relax, --batch and --precision may be others. Sites where /alpha of FILE was set to 0 keep "
                "the values that /configurations has there, to the end (docs/tasks.md)");
  options.value("frames", frames, "FILE",
                "also write the states of the first 4 configurations on their way, for `python -m stint plot path`");
  options.choice("estimate", estimate, {"none", "mean"},
                 "mean: in place of configurations the mean of all that go with what is known (inpaint, denoise, "
                 "superresolve), in one evaluation of the drift");
  options.group("Exactness");
  options.value("relax", relax, "N",
                "HMC trajectories of every configuration on the target action after the flow; known sites are held");
  options.value("relax-step-size", relax_step_size, "EPS", "of these trajectories, lattice units",
                "0.07 up to 1024 sites, as 1/V^(1/4) above");
  options.value("relax-steps", relax_steps, "N", "leapfrog steps of each",
                "as many as make a trajectory of the length 0.7");
  options.flag("weights", weights, {"density", "path"},
               "exact weights of the samples and log Z. density (meant if no word follows): integrate the log-density "
               "of every sample along the ODE and write /log_density and /log_weight = -S - log q, right for steps so "
               "small that more change nothing. An evaluation takes --probes derivatives. "
               "path: compare the steps of the SDE with the noising of data and write /log_weight; one "
               "evaluation of the drift a step, no derivatives, but weights that scatter more");
  options.flag("metropolis", run.metropolis,
               "make the samples one Markov chain with the exact law by independence Metropolis; with --weights");
  options.value("colours", colours, "N",
                "estimate the log-density with N^d vectors of random signs, each on the sites of one class x mod N, "
                "which divides all extents: the larger N, the less noise");
  options.value("probes", probes, "K",
                "vectors of signs an evaluation, with --colours on each class. They cancel what is between the nearest "
                "sites, with more of them between the next nearest; powers of 2 are best. 0, or as many as sites move: "
                "a vector a site, exactly",
                "64; 1 with --colours; 0 with --metropolis or dopri5");
  options.group("Run");
  run.declare_run(options);
  compute.declare(options);
}

void SampleSettings::fill_in(const Options& options) {
  run.relaxed = relax > 0;
  run.weights = !weights.empty();
  run.path_weights = weights == "path";
  if (solver == "auto")
    solver = options.given("known-noise") ? "sde2" : "multistep";
  if (!probes) {
    const bool exact = !run.weights || run.path_weights || run.metropolis || solver == "dopri5";
    probes = exact ? 0 : colours > 0 ? 1 : 64;
  }
  if (!steps) {
    if (run.path_weights)
      steps = 160;
    else if (solver == "multistep")
      steps = run.weights ? 24 : 12;
    else
      steps = solver.starts_with("sde") ? 64 : 32;
  }
}

void SampleSettings::check(const Options& options) const {
  run.check();
  constexpr int most_steps = 100'000; // the knots of the path take memory
  check_option("steps", *steps, *steps >= 1 && *steps <= most_steps, fmt::format("a number from 1 to {}", most_steps));
  check_option("noise", noise, noise >= 0, "at least 0");
  check_option("tolerance", tolerance.value_or(1), tolerance.value_or(1) > 0, "more than 0");
  check_option("relax", static_cast<double>(relax), relax >= 0, "at least 0");
  check_option("relax-step-size", relax_step_size.value_or(1), relax_step_size.value_or(1) > 0, "more than 0");
  const int leapfrogs = relax_steps.value_or(1);
  check_option("relax-steps", leapfrogs, leapfrogs >= 1 && leapfrogs <= HmcSettings::most_steps,
               fmt::format("a number from 1 to {}", HmcSettings::most_steps));
  check_option("probes", *probes, *probes >= 0, "at least 0");
  check_option("colours", colours, colours >= 0, "at least 0");
  if (!run.weights)
    for (const char* option : {"metropolis", "probes", "colours"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} goes with --weights", option));
  for (const auto& [option, count] : {std::pair{"probes", *probes}, {"colours", colours}})
    if (run.metropolis && count > 0)
      throw UsageError(fmt::format("--metropolis needs exact weights; it does not go with --{}", option));
  if (colours > 0 && *probes == 0 && !run.path_weights)
    throw UsageError("--probes 0 takes a vector for each site; --colours need at least 1 on each class");
  if (run.path_weights)
    for (const char* option : {"solver", "noise", "tolerance", "probes", "colours", "frames"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} does not go with --weights path, whose steps are those of one SDE", option));
  if (run.weights && relax > 0)
    throw UsageError("--weights are those of the flow; they do not go with --relax");
  if (run.weights && !run.path_weights && solver.starts_with("sde"))
    throw UsageError("--weights density, the default, needs a --solver of the ODE: multistep, heun, rk4, euler or "
                     "dopri5; an SDE, the solver of noisy data, has --weights path");
  if (options.given("noise") && !solver.starts_with("sde"))
    throw UsageError("--noise goes with --solver sde or sde2");
  if (task.known_noise > 0 && (!solver.starts_with("sde") || noise != 1))
    throw UsageError("answers to noisy data have their law by --solver sde or sde2 with --noise 1 only");
  if (until)
    for (const char* option : {"weights", "metropolis", "relax", "frames", "estimate"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} does not go with --until", option));
  if (estimate == "mean") {
    if (const auto& name = task.task; name != "inpaint" && name != "denoise" && name != "superresolve")
      throw UsageError(fmt::format("--estimate mean goes with --task inpaint, denoise or superresolve, not {}", name));
    for (const char* option : {"weights", "relax", "solver", "steps", "schedule", "path", "noise", "frames"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} does not go with --estimate mean: it takes no steps", option));
  }
  if (!path.empty())
    for (const char* option : {"steps", "schedule", "curve"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} does not go with --path, whose file says that", option));
  if (tolerance && solver != "dopri5" && solver != "multistep")
    throw UsageError("--tolerance goes with --solver dopri5 or multistep");
  if (tolerance && solver == "multistep")
    for (const char* option : {"steps", "schedule", "path", "until"})
      if (options.given(option))
        throw UsageError(
            fmt::format("--{} does not go with --tolerance of multistep, which chooses the steps", option));
}

void SampleSettings::check_chosen_order(const Options& options) const {
  for (const char* option : {"weights", "until", "frames"})
    if (options.given(option))
      throw UsageError(
          fmt::format("--{} needs a path that is fixed; --order {} is chosen on the way", option, task.order));
}

void SampleSettings::check(const Source& law, const KnownTask& known, const Schedule& levels) const {
  checked([&] { return known.task().path.at(0, levels); });
  if (const Basis basis = *common_basis(known.task().path.basis(), levels.basis());
      law.families && !law.families->cover(basis))
    throw UsageError(fmt::format("{} was trained for the operators {}; --task {} needs others, of the family '{}' "
                                 "('stint train --help' lists what --operators takes)",
                                 source.model, law.families->text(), task.task, basis.text()));
  const auto& extents = law.layout.geometry.extents();
  check_option("colours", colours,
               colours == 0 || std::ranges::all_of(extents, [this](int extent) { return extent % colours == 0; }),
               fmt::format("a divisor of all extents of {}", law.layout.geometry.text()));
  if (!run.weights && relax == 0)
    return;
  const char* const option = run.weights ? "weights" : "relax";
  if (!law.theory)
    throw UsageError(fmt::format("--{} needs an action; {} is of the kind '{}'", option, source.model, law.kind));
  if (source.has_maps() || !known.has_action())
    throw UsageError(
        fmt::format("--{} needs a target with the lattice action alone: no maps, no --known-noise", option));
  if (run.weights && !known.one_law())
    throw UsageError("--weights compare samples of one law; give one --known-configuration");
  if (relax > 0 && task.task == "superresolve")
    throw UsageError("--relax can hold sites, not modes or averages");
}

} // namespace stint
