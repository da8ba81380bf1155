// stint sample: new configurations from a model.

#include "generative/phi4.hpp"
#include "generative/sampler.hpp"
#include "generative/weights.hpp"
#include "src/commands.hpp"
#include "src/ensemble_file.hpp"
#include "src/errors.hpp"
#include "src/json_output.hpp"
#include "src/options.hpp"
#include "src/progress.hpp"
#include "src/relaxation.hpp"
#include "src/sample_source.hpp"
#include "src/sample_task.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <numeric>
#include <optional>

namespace stint {
namespace {

struct Settings {
  SourceOptions source;
  TaskOptions task;
  std::int64_t samples = 1024, batch = 256;
  std::optional<int> steps;
  std::string schedule = "log-ratio", solver = "auto";
  double noise = 1, tolerance = 1e-4;
  std::int64_t relax = 0;
  double relax_step_size = 0.07;
  int relax_steps = 10;
  bool weights = false, metropolis = false;
  int probes = 0;
  ComputeOptions compute;
};

void declare(Options& options, Settings& settings) {
  settings.source.declare(options);
  settings.task.declare(options);
  options.value("samples", settings.samples, "N", "configurations to make");
  options.group("Path");
  options.value("steps", settings.steps, "N", "steps of one stage: a sequential path has one stage a group",
                "32, and 64 for the SDE");
  options.choice("schedule", settings.schedule, {"log-ratio", "uniform", "speed"},
                 "equal steps in log(alpha/beta), in alpha/(alpha + beta), or in the distance that the law travels");
  options.choice("curve", settings.task.curve, {"linear", "trigonometric"}, "alpha + beta = 1, or the squares");
  options.choice("solver", settings.solver, {"auto", "multistep", "euler", "heun", "rk4", "dopri5", "sde", "sde2"},
                 "of the ODE: third order with 1 evaluation of the drift a step; Runge-Kutta with 1, 2, 4 evaluations, "
                 "or with error control; of the SDE: first or second order with 1 evaluation. auto is sde2 with "
                 "--known-noise, for whose answers only the SDE has the right law, else multistep");
  options.value("noise", settings.noise, "EPS",
                "strength of the SDE's noise; 0 is the ODE, 1 undoes the noising of data step by step");
  options.value("tolerance", settings.tolerance, "TOL", "of dopri5: error of a step, in units of the field");
  options.group("Exactness");
  options.value("relax", settings.relax, "N",
                "HMC trajectories of every configuration on the target action after the flow; known sites are held");
  options.value("relax-step-size", settings.relax_step_size, "EPS", "of these trajectories, lattice units");
  options.value("relax-steps", settings.relax_steps, "N", "leapfrog steps of each");
  options.flag("weights", settings.weights,
               "integrate the log-density of every sample (with euler, heun, rk4 or dopri5) and write /log_density and "
               "/log_weight = -S - log q");
  options.flag("metropolis", settings.metropolis,
               "make the samples one Markov chain with the exact law by independence Metropolis; with --weights");
  options.value("probes", settings.probes, "K",
                "estimate the log-density with K random vectors an evaluation, in place of exactly with one vector a "
                "site: weights are then biased");
  options.group("Run");
  options.value("batch", settings.batch, "N", "configurations at a time on each rank; memory grows with it");
  settings.compute.declare(options);
}

/// What depends on other options.
void fill_in(Settings& settings, const Options& options) {
  if (settings.solver == "auto")
    settings.solver = options.given("known-noise") ? "sde2" : "multistep";
  if (!settings.steps)
    settings.steps = settings.solver.starts_with("sde") ? 64 : 32;
}

void check(const Settings& settings, const Options& options) {
  for (const auto& [option, value] : {std::pair{"samples", settings.samples}, {"batch", settings.batch}})
    if (value < 1)
      throw UsageError(fmt::format("--{} is {}, expected at least 1", option, value));
  if (settings.relax < 0 || settings.probes < 0)
    throw UsageError("--relax and --probes are numbers from 0");
  if (!settings.weights)
    for (const char* option : {"metropolis", "probes"})
      if (options.given(option))
        throw UsageError(fmt::format("--{} goes with --weights", option));
  if (settings.metropolis && settings.probes > 0)
    throw UsageError("--metropolis needs exact weights; it does not go with --probes");
  if (settings.weights && settings.relax > 0)
    throw UsageError("--weights are those of the flow; they do not go with --relax");
  if (options.given("noise") && !settings.solver.starts_with("sde"))
    throw UsageError("--noise goes with --solver sde or sde2");
  if (settings.task.known_noise > 0 && (!settings.solver.starts_with("sde") || settings.noise != 1))
    throw UsageError("answers to noisy data have their law by --solver sde or sde2 with --noise 1 only");
  if (options.given("tolerance") && settings.solver != "dopri5")
    throw UsageError("--tolerance goes with --solver dopri5");
}

/// What does not go together once task and source are known.
void check(const Settings& settings, const Source& source, const KnownTask& task) {
  if (source.scalar_only && !(task.task().path.basis() == Basis::any()))
    throw UsageError(fmt::format("{} was trained on scalar operators; --task {} needs operators of the family '{}'",
                                 settings.source.model, settings.task.task, task.task().path.basis().text()));
  if (!settings.weights && settings.relax == 0)
    return;
  const char* const option = settings.weights ? "weights" : "relax";
  if (settings.source.has_maps() || !task.has_action())
    throw UsageError(
        fmt::format("--{} needs a target with the lattice action alone: no maps, no --known-noise", option));
  if (settings.weights && !task.one_law())
    throw UsageError("--weights compare samples of one law; give one --known-configuration");
  if (settings.relax > 0 && settings.task.task == "superresolve")
    throw UsageError("--relax can hold sites, not modes or averages");
}

Sampler::LogDensity log_density_of(const Settings& settings) {
  if (!settings.weights)
    return Sampler::LogDensity::none;
  return settings.probes > 0 ? Sampler::LogDensity::hutchinson : Sampler::LogDensity::exact;
}

struct Report {
  double seconds = 0;
  double evaluations = 0;               ///< of the drift, for each sample
  double effective_sample_fraction = 0; ///< with weights
};

/// What rank 0 writes: rows as they come, or with Metropolis all at the end.
class Writer {
public:
  Writer(const Settings& settings, const CommonOptions& common, const EnsembleHeader& header)
      : settings_(settings), seed_(static_cast<std::uint64_t>(common.seed)), header_(header),
        file_(common.output, common.overwrite, header, settings.samples) {}

  void append(std::span<const float> configurations, std::span<const double> log_density) {
    const auto volume = header_.geometry.volume();
    log_density_.insert(log_density_.end(), log_density.begin(), log_density.end());
    if (settings_.metropolis) {
      proposals_.insert(proposals_.end(), configurations.begin(), configurations.end());
    } else {
      std::vector<std::int64_t> index(configurations.size() / volume);
      std::iota(index.begin(), index.end(), written_);
      file_.append<float>(configurations, index, std::vector<std::int64_t>(index.size(), 0));
      written_ += static_cast<std::int64_t>(index.size());
    }
    if (settings_.weights)
      weigh(configurations);
  }

  void finish(Report& report) {
    if (settings_.weights) {
      const auto log_weight = torch::tensor(log_weight_, torch::kDouble);
      report.effective_sample_fraction = effective_sample_fraction(log_weight);
      if (settings_.metropolis)
        write_chain(independence_metropolis(log_weight, seed_));
      else
        file_.write_column("log_weight", log_weight_);
      file_.write_column("log_density", log_density_);
    }
    file_.commit();
  }

private:
  /// log w = -S - log q of the configurations appended last.
  void weigh(std::span<const float> configurations) {
    std::vector<std::int64_t> shape = {-1};
    shape.insert(shape.end(), header_.geometry.extents().begin(), header_.geometry.extents().end());
    const auto fields = torch::tensor(at::ArrayRef<float>(configurations.data(), configurations.size())).reshape(shape);
    const auto action = phi4_action(header_.theory, fields);
    for (std::int64_t n = 0; n < action.numel(); ++n)
      log_weight_.push_back(-action[n].item<double>() - log_density_[log_weight_.size()]);
  }

  /// The states of the Markov chain: one chain, one trajectory a proposal; log q goes with the states.
  void write_chain(const torch::Tensor& states) {
    const auto volume = header_.geometry.volume();
    std::vector<double> density;
    for (std::int64_t n = 0; n < states.numel(); ++n) {
      const auto state = states[n].item<std::int64_t>();
      file_.append<float>(std::span<const float>(proposals_).subspan(state * volume, volume),
                          std::vector<std::int64_t>{0}, std::vector<std::int64_t>{n + 1});
      density.push_back(log_density_[state]);
    }
    log_density_ = std::move(density);
  }

  const Settings& settings_;
  std::uint64_t seed_;
  const EnsembleHeader& header_;
  EnsembleWriter file_;
  std::int64_t written_ = 0;
  std::vector<float> proposals_;
  std::vector<double> log_density_, log_weight_;
};

/// Makes all samples, shared out to the ranks, and writes them in order. Collective.
Report run(const Mpi& mpi, const Settings& settings, const CommonOptions& common, const EnsembleHeader& header,
           const Sampler& sampler, const KnownTask& task, const Relaxation& relax) {
  const auto seed = static_cast<std::uint64_t>(common.seed);
  std::optional<Writer> writer;
  if (mpi.root())
    writer.emplace(settings, common, header);
  const std::int64_t volume = header.geometry.volume();
  const auto begin = std::chrono::steady_clock::now();
  Progress progress("sample", settings.samples, "configurations", mpi.root() && !common.quiet);
  Report report;
  std::int64_t end = 0;
  for (std::int64_t first = 0; first < settings.samples; first = end) {
    // In each round the ranks make equal parts of up to `batch` samples, those of rank 0 first.
    const std::int64_t part = std::min(settings.batch, (settings.samples - first + mpi.size() - 1) / mpi.size());
    end = std::min(settings.samples, first + part * mpi.size());
    const std::int64_t mine = std::min(end, first + part * mpi.rank());
    const std::int64_t count = std::min(end, mine + part) - mine;
    std::vector<float> configurations(count * volume);
    std::vector<double> log_density(settings.weights ? count : 0);
    if (count > 0) {
      auto result = checked([&] { return sampler(seed, mine, count, task.observed(mine, count)); });
      if (!result.configurations.isfinite().all().item<bool>())
        throw std::runtime_error(fmt::format(
            "configurations {} to {} are not finite; take more --steps or --precision fp32", mine, mine + count - 1));
      relax(result.configurations, seed, mine);
      std::copy_n(result.configurations.contiguous().data_ptr<float>(), count * volume, configurations.begin());
      if (settings.weights)
        std::copy_n(result.log_density.contiguous().data_ptr<double>(), count, log_density.begin());
      report.evaluations += result.evaluations * static_cast<double>(count);
    }
    std::vector<float> all(mpi.root() ? (end - first) * volume : 0);
    mpi.gather_rows<float>(configurations, volume, all);
    std::vector<double> all_densities(mpi.root() && settings.weights ? end - first : 0);
    if (settings.weights)
      mpi.gather_rows<double>(log_density, 1, all_densities);
    if (writer)
      writer->append(all, all_densities);
    progress.update(end);
  }
  mpi.sum(std::span(&report.evaluations, 1));
  report.evaluations /= static_cast<double>(settings.samples);
  if (writer)
    writer->finish(report);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report;
}

void print(const Settings& settings, const CommonOptions& common, const Source& source, const Report& report) {
  const double per_configuration = report.seconds / static_cast<double>(settings.samples);
  nlohmann::json json = {{"samples", settings.samples},
                         {"evaluations", report.evaluations},
                         {"seconds_per_configuration", per_configuration}};
  std::string text = fmt::format("{}: {} configurations, lattice {}\n"
                                 "evaluations    {:.4g} of the drift for each\n"
                                 "time           {}, {:.3g} s a configuration\n",
                                 common.output, settings.samples, source.geometry.text(), report.evaluations,
                                 duration_text(report.seconds), per_configuration);
  if (settings.weights) {
    text += fmt::format("effective      {:.4g} of the samples\n", report.effective_sample_fraction);
    json["effective_sample_size"] = report.effective_sample_fraction;
  }
  if (!common.quiet)
    std::fputs(text.c_str(), stdout);
  write_json(common.json, json, common.overwrite);
}

} // namespace

int run_sample(const Context& context, Arguments arguments) {
  Settings settings;
  CommonOptions common;
  Options options(
      "sample",
      "Makes configurations by taking white noise, and what is known, along a path of operators to data, with the "
      "drift "
      "of a model (arXiv:2508.04605). Tasks are paths, tilts change the law: one model serves them all. "
      "Configurations are independent of each other (but for --metropolis). Under mpirun they are split among the "
      "ranks. Memory: about 0.3 GB with the default --batch on a 32x32 lattice with 16 channels.");
  declare(options, settings);
  options.example("stint sample --model model.h5 --samples 4096 --field 0.02 --output posterior.h5");
  options.example("stint sample --model free-field --lattice 16x16 --mass2 0.5 --output free.h5");
  options.example("stint sample --model free-field --lattice 16x16 --mass2 0.5 --task inpaint --known free.h5 --mask "
                  "block:8x8@4,4 --output inpainted.h5");
  if (!read_options(context, options, common,
                    {.output = "ensemble file to write", .output_required = true, .seed = "seed of the noise"},
                    arguments))
    return 0;
  fill_in(settings, options);
  check(settings, options);
  check_outputs(context, common, {common.output, common.json});
  set_up_libtorch();
  const auto device = settings.compute.resolve_device(context.mpi);
  const Source source = open_source(settings.source, options, settings.compute.resolve_precision(device), device);
  const KnownTask task(settings.task, options, source.geometry, static_cast<std::uint64_t>(common.seed));
  check(settings, source, task);
  const Sampler sampler{
      .drift = source.drift,
      .geometry = source.geometry,
      .task = task.task(),
      .schedule = checked([&] { return Schedule::parse(settings.schedule, *settings.steps, source.spectrum); }),
      .solver = {.method = parse_method(settings.solver), .noise = settings.noise, .tolerance = settings.tolerance},
      .log_density = log_density_of(settings),
      .probes = std::max(settings.probes, 1),
      .device = device};
  const Relaxation relax{.trajectories = settings.relax,
                         .hmc = {.step_size = settings.relax_step_size, .steps = settings.relax_steps},
                         .geometry = source.geometry,
                         .theory = source.theory,
                         .held = task.held()};
  checked([&] { relax.hmc.validate(); });
  const EnsembleHeader header{.geometry = source.geometry,
                              .theory = source.theory,
                              .precision = hdf5::Type::float32,
                              .provenance = provenance_of(context, options, common),
                              .kind = source.kind};
  const Report report = run(context.mpi, settings, common, header, sampler, task, relax);
  if (context.mpi.root())
    print(settings, common, source, report);
  return 0;
}

} // namespace stint
