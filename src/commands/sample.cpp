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
#include "src/program/log.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"
#include "src/program/ranges.hpp"
#include "src/sample/continuation.hpp"
#include "src/sample/relaxation.hpp"
#include "src/sample/settings.hpp"
#include "src/sample/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>

namespace stint {
namespace {

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
Schedule schedule_of(SampleSettings& settings, const Source& source, const Operator& reference) {
  if (settings.path.empty())
    return checked([&] {
      return Schedule::parse(settings.schedule, *settings.steps, reference.values(), source.log_ratio_range);
    });
  const auto path = read_path(settings.path, source.kind, source.layout, source.reference.basis());
  settings.task.curve = text_of(path.curve);
  return path.schedule;
}

/// dH grows with the step size to the fourth and the volume to the second power, so that acceptance stays what it is
/// where step^4 V does (Creutz 1988).
HmcSettings relaxation_steps(const SampleSettings& settings, std::int64_t volume) {
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

Sampler::LogDensity log_density_of(const SampleSettings& settings) {
  if (!settings.run.weights || settings.run.path_weights)
    return Sampler::LogDensity::none;
  return *settings.probes > 0 ? Sampler::LogDensity::random : Sampler::LogDensity::exact;
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

void warn_of_short_trajectories(const Relaxation& relax) {
  constexpr double shortest = 0.1; // in stable step sizes
  const double length = relax.hmc.step_size * relax.hmc.steps;
  if (const double stable = stable_step_size(relax.theory, relax.geometry.dimensions()); length < shortest * stable)
    log_warning(fmt::format("--relax-step-size {:.3g} times {} is {:.2g}: fields hardly move in a trajectory; the step "
                            "size of this theory is near {:.2g}",
                            relax.hmc.step_size, counted(relax.hmc.steps, "step"), length, stable / 2));
}

/// --until and --continue: sets where the sampler stops, and returns the states that it goes on from.
std::optional<Continuation> stops_of(const Mpi& mpi, SampleSettings& settings, const Source& source,
                                     const Schedule& schedule, double path_quadratic, Sampler& sampler,
                                     SampleFindings& found) {
  std::optional<Continuation> continuation;
  if (!settings.until && settings.states.empty())
    return continuation;
  PathStop place = stop_at(sampler, settings.until ? knot_of(*settings.until, sampler) : 0);
  place.model_digest = digest_of_model(mpi, settings.source);
  place.tilt_digest = digest_of({source.tilt.A.values(), source.tilt.b});
  if (!settings.path.empty())
    place.path_digest = digest_of({schedule.levels()});
  place.quadratic = path_quadratic;
  if (!settings.states.empty()) {
    continuation.emplace(settings.states, sampler, source.families, settings.run.samples, place);
    found.begin = continuation->stop();
    found.edited = continuation->edited();
    if (!continuation->same_tilt() && settings.relax == 0 && mpi.root())
      log_warning("the tilt is not that of the run that left these states: what is made of them is of a law between "
                  "the two; --relax N brings it to the tilt of now");
  }
  if (settings.until) {
    if (continuation && place.knot <= found.begin.knot)
      throw UsageError(fmt::format("--until {:g} is not after the states of {}, which are at {}", *settings.until,
                                   settings.states, stop_text(found.begin)));
    sampler.until = place.knot;
    settings.run.stop = continuation ? continuation->left_at(std::move(place)) : std::move(place);
  }
  return continuation;
}

} // namespace

int run_sample(const Context& context, Arguments arguments, const Kinds& kinds) {
  SampleSettings settings;
  SampleFindings found;
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
  settings.declare(options);
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
  settings.fill_in(options);
  settings.check(options);
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
  settings.check(source, task, schedule);
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
                  .probes = std::max(*settings.probes, 1),
                  .colours = std::max(settings.colours, 1),
                  .device = device};
  if (settings.tolerance && settings.solver == "multistep")
    sampler.schedule = steps_of_tolerance(context.mpi, sampler, *settings.tolerance,
                                          static_cast<std::uint64_t>(common.seed), task, found.choice);
  std::optional<OnlineSampler> online;
  if (const auto& order = task.chosen_order()) {
    settings.check_chosen_order(options);
    online =
        OnlineSampler{.sampler = sampler,
                      .groups = order->groups,
                      .choose = choose_by_variance(source.drift, order->largest, weak_precision(source.reference))};
  }
  const auto continuation = stops_of(context.mpi, settings, source, schedule, path_quadratic, sampler, found);
  if (source.families && !options.given("lattice")) { // the families are those of the lattice of the data
    found.distance = distance_to_law(*source.families, knots(sampler.task.path, sampler.schedule), source.layout,
                                     source.log_ratio_range);
    if (context.mpi.root())
      warn_of_operators(settings, *found.distance);
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
      print_finished(settings, common, source, found,
                     read_sample_report(EnsembleReader(common.output, header.format).file()));
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
                   task.observed(0, count), header, source.notes);
    print(settings, common, source, found, report);
    warn_of_relaxation(settings, relax, report);
  });
  return 0;
}

} // namespace stint
