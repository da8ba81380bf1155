// stint train: learn the drift of an ensemble.

#include "generative/training/trainer.hpp"
#include "src/commands/commands.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/files/model_file.hpp"
#include "src/files/same_run.hpp"
#include "src/measure/virial.hpp"
#include "src/program/compute.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/log.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"
#include "src/program/progress.hpp"
#include "src/program/ranges.hpp"
#include "src/ranks/process_group.hpp"
#include "src/train/input.hpp"
#include "src/train/run.hpp"
#include "src/train/warm_start.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <mutex>

namespace stint {
namespace {

constexpr double most_growth = 1.1; // of the held-out loss in training, before there is a warning

constexpr std::int64_t few_configurations = 100;

struct Settings {
  std::string data;
  std::vector<std::string> more_data; ///< of other couplings
  TrainingOptions training;
  double tilted_fraction = 0.5;
  std::string operators = "scalar";
  std::string size = "small";
  std::optional<int> channels, widening, levels, blocks;
  std::string start; ///< of --start-from
  std::string target = "auto";
  TrainingInputOptions input;
  TrainingRunOptions run;
  bool resume = false;
  ComputeOptions compute;
};

void declare(Options& options, Settings& settings) {
  options.group("Data");
  options.positional("ENSEMBLE", settings.more_data, 0, 999,
                     "more ensembles, after that of --data (files=NAME in a config file): the same fields at other "
                     "values of lambda, or of mass2. The model then knows all values between them, 'stint sample "
                     "--lambda'");
  options.value("data", settings.data, "ENSEMBLE", "ensemble file to learn from; more may follow it");
  options.require("data");
  options.value("validation-fraction", settings.input.validation_fraction, "F",
                "of the configurations, the last ones, held out");
  options.value("memory", settings.input.memory, "GIB",
                "that configurations may take on a rank; a larger ensemble is read in shuffled blocks while training");
  options.group("Training law");
  options.value("operators", settings.operators, "FAMILIES",
                "alpha and beta to train on: scalar (generation), site (known sites, sequential states, independent "
                "levels), fourier (modes), mixed (all of them), or weights such as scalar:0.5,known:0.3,fourier:0.2");
  options.value("field-range", settings.input.tilting.h_range, "H",
                "also train for tilts by fields |h| <= H, so that sample --field h works");
  options.value("quadratic-range", settings.input.tilting.k2_range, "K2",
                "also train for tilts -K2 <= k2 <= 0, so that sample --quadratic k2 works");
  options.value("quadratic-top", settings.input.tilting.k2_top, "K2",
                "and for 0 < k2 <= K2, lower masses: what is learned is the data's law reweighted to k2 = K2");
  options.value("tilted-fraction", settings.tilted_fraction, "F", "of the samples, if one of the above is set");
  options.flag("mirror", settings.input.mirror, "pictures: train on their mirror images too, left for right");
  options.choice("target", settings.target, {"auto", "data", "action"},
                 "regress on the data alone, or on the data and the force of their action, which has less variance; "
                 "auto takes the action where the kind of data has one");
  options.group("Network");
  options.choice(
      "size", settings.size, {"small", "medium", "large"},
      "channels, widening, levels and blocks together: 16, 2, 3, 1 or 32, 2, 3, 1 or 64, 2, 3, 2; in two dimensions "
      "0.12, 0.40 or 2.9 million parameters");
  options.value("channels", settings.channels, "N",
                "on the finest level; each coarser one has twice as many, up to --widening times", "those of --size");
  options.value("widening", settings.widening, "N", "channels of the widest level over those of the finest",
                "that of --size");
  options.value("levels", settings.levels, "N", "of the U-Net, each coarser by 2", "those of --size");
  options.value("blocks", settings.blocks, "N", "residual blocks on each level, down and up", "those of --size");
  options.value(
      "start-from", settings.start, "MODEL",
      "begin with the averaged parameters of this model, which has the same network and kind of data, to train "
      "it on with other operators, tilts or data; optimiser and learning rate begin anew");
  options.group("Optimisation");
  options.value("steps", settings.training.steps, "N", "optimiser steps");
  options.value("batch", settings.training.batch, "N", "samples of a step, over all ranks");
  options.value("accumulate", settings.training.accumulate, "N",
                "parts of a rank's samples that are computed one after another: memory / N, the same result");
  options.value("learning-rate", settings.training.learning_rate, "RATE", "peak; warm-up, then cosine decay to 0");
  options.value("warmup", settings.training.warmup, "N", "steps of the warm-up");
  options.value("weight-decay", settings.training.weight_decay, "W", "of AdamW");
  options.value("gradient-clip", settings.training.gradient_clip, "G", "largest norm of the gradient");
  options.value("average-decay", settings.training.average_decay, "D", "of the moving average of the parameters");
  options.group("Run");
  options.value("report-every", settings.run.report_every, "N", "steps between entries of /history");
  options.value("validate-every", settings.run.validate_every, "N",
                "steps between measurements of the validation loss");
  options.value("checkpoint-every", settings.run.checkpoint_every, "N", "steps between writes of OUTPUT.checkpoint");
  options.value("time-limit", settings.run.time_limit, "SECONDS",
                "write a checkpoint and exit with status 75 after this time", "no limit");
  options.flag("resume", settings.resume, "continue from OUTPUT.checkpoint if it is there");
  settings.compute.declare(options);
}

void check(const Settings& settings) {
  const auto least = [](const char* option, std::int64_t value) {
    if (value < 1)
      throw UsageError(fmt::format("--{} is {}, expected at least 1", option, value));
  };
  least("steps", settings.training.steps);
  least("batch", settings.training.batch);
  least("accumulate", settings.training.accumulate);
  least("channels", settings.channels.value_or(1));
  least("widening", settings.widening.value_or(1));
  constexpr int most_levels = 16;
  if (const int levels = settings.levels.value_or(1); levels < 1 || levels > most_levels)
    throw UsageError(fmt::format("--levels is {}, expected a number from 1 to {}", levels, most_levels));
  least("blocks", settings.blocks.value_or(1));
  least("report-every", settings.run.report_every);
  least("validate-every", settings.run.validate_every);
  least("checkpoint-every", settings.run.checkpoint_every);
  const TrainingOptions& training = settings.training;
  check_option("learning-rate", training.learning_rate, training.learning_rate > 0, "more than 0");
  check_option("warmup", static_cast<double>(training.warmup), training.warmup >= 0, "at least 0");
  check_option("weight-decay", training.weight_decay, training.weight_decay >= 0, "at least 0");
  check_option("gradient-clip", training.gradient_clip, training.gradient_clip > 0, "more than 0");
  check_option("average-decay", training.average_decay, training.average_decay >= 0 && training.average_decay < 1,
               "at least 0 and below 1");
  if (settings.run.time_limit)
    check_option("time-limit", *settings.run.time_limit, *settings.run.time_limit >= 0, "at least 0 seconds");
  if (!(settings.input.validation_fraction > 0 && settings.input.validation_fraction < 1))
    throw UsageError(
        fmt::format("--validation-fraction is {}, expected between 0 and 1", settings.input.validation_fraction));
  if (!(settings.input.memory > 0 && settings.input.memory < 1e6))
    throw UsageError(fmt::format("--memory is {}, expected GiB above 0", settings.input.memory));
  const Tilting& tilting = settings.input.tilting;
  check_option("field-range", tilting.h_range, tilting.h_range >= 0, "at least 0");
  check_option("quadratic-range", tilting.k2_range, tilting.k2_range >= 0, "at least 0");
  check_option("quadratic-top", tilting.k2_top, tilting.k2_top >= 0, "at least 0");
  if (!(settings.tilted_fraction > 0 && settings.tilted_fraction <= 1))
    throw UsageError(fmt::format("--tilted-fraction is {}, expected in (0, 1]", settings.tilted_fraction));
}

struct Network {
  int channels, widening, levels, blocks;
};

Network network_of(const Settings& settings) {
  const Network size =
      settings.size == "large" ? Network{64, 2, 3, 2} : Network{settings.size == "medium" ? 32 : 16, 2, 3, 1};
  return {settings.channels.value_or(size.channels), settings.widening.value_or(size.widening),
          settings.levels.value_or(size.levels), settings.blocks.value_or(size.blocks)};
}

ModelDescription describe(const Settings& settings, FamilyLaw families) {
  const Network network = network_of(settings);
  return {.families = std::move(families),
          .channels = network.channels,
          .widening = network.widening,
          .levels = network.levels,
          .blocks = network.blocks};
}

std::string data_files(const Settings& settings) {
  std::string names = settings.data;
  for (const auto& name : settings.more_data)
    names += ", " + name;
  return names;
}

/// The row of the ensemble's kind. Throws CommonFailure for kinds that are not known, UsageError for options that the
/// kind does not have.
const Kind& kind_of_data(const Settings& settings, const EnsembleReader& ensemble, const Kinds& kinds) {
  const std::string& name = ensemble.header().kind;
  const Kind* kind = nullptr;
  try {
    kind = &kind_of(kinds, name);
  } catch (const std::invalid_argument& error) {
    throw CommonFailure(fmt::format("{}: {}", ensemble.path(), error.what()));
  }
  if (settings.target == "action" && !kind->has_action)
    throw UsageError(
        fmt::format("--target action: {} is of kind '{}', whose action is unknown", ensemble.path(), name));
  if (settings.input.mirror && !kind->may_mirror)
    throw UsageError(fmt::format("--mirror is for pictures; {} is of kind '{}'", ensemble.path(), name));
  return *kind;
}

/// How the run begins; says if the model is there already. The lock is taken on rank 0. Collective.
Beginning begin(const Context& context, const Options& options, const Settings& settings, const CommonOptions& common,
                std::optional<RunLock>& lock) {
  auto beginning = Beginning::fresh;
  on_root(context.mpi, [&] {
    const std::string checkpoint = common.output + ".checkpoint";
    std::string start_time; // a model's is that of its last session
    beginning = begin_run(settings.resume, common, {checkpoint, checkpoint, common.output + ".lock"},
                          deciding_options(options.effective()), start_time, lock);
    if (beginning != Beginning::finished)
      return;
    std::filesystem::remove(checkpoint); // what a kill just after the end may have left
    if (!common.quiet)
      std::fputs((common.output + " is complete already\n").c_str(), stdout);
  });
  context.mpi.broadcast(std::span(&beginning, 1));
  return beginning;
}

} // namespace

int run_train(const Context& context, Arguments arguments, const Kinds& kinds) {
  Settings settings;
  CommonOptions common;
  Options options(
      "train",
      "Learns the drift of an ensemble by regression on interpolants alpha x0 + beta x1 between noise x0 and data x1 "
      "(arXiv:2508.04605): a U-Net on top of the Wiener estimate. The model then samples new configurations, and "
      "configurations in a field, with 'stint sample'. Under mpirun the batch is split among the ranks; the result is "
      "the same to rounding. Memory of a rank: its configurations (--memory), and for a batch of 64 on a 32x32 lattice "
      "0.31 GiB (small) or 0.45 GiB (medium) in fp32. Losses are mean squared errors in units of the target's variance "
      "in Gaussian approximation.");
  declare(options, settings);
  options.reads("data");
  options.reads("start-from");
  options.example("stint train --data prior.h5 --field-range 0.03 --output model.h5");
  options.example("stint train --data prior.h5 --start-from model.h5 --operators mixed --output mixed.h5");
  options.example("stint train --data lambda-4.0.h5 lambda-4.5.h5 lambda-5.0.h5 --output region.h5");
  options.example("mpirun -n 4 stint train --data prior.h5 --steps 20000 --channels 32 --output model.h5");
  if (!read_options(context, options, common,
                    {.output = "model file to write",
                     .output_required = true,
                     .beside = {".checkpoint", ".lock"},
                     .seed = "seed of parameters and batches"},
                    arguments))
    return 0;
  check(settings);
  std::optional<RunLock> lock;
  const Beginning beginning = begin(context, options, settings, common, lock);
  if (beginning == Beginning::finished)
    return 0;
  const auto device = settings.compute.resolve_device(context.mpi);
  set_up_libtorch(device);
  const auto precision = settings.compute.resolve_precision(device);

  std::vector<EnsembleReader> ensembles;
  ensembles.emplace_back(settings.data);
  for (const auto& path : settings.more_data)
    ensembles.emplace_back(path);
  settings.training.seed = static_cast<std::uint64_t>(common.seed);
  const Kind& kind = kind_of_data(settings, ensembles.front(), kinds);
  settings.input.use_action = settings.target != "data";
  settings.input.law = [&](const Prior& prior) {
    return law_options(prior, FamilyLaw::parse(settings.operators, prior.families()), settings.tilted_fraction);
  };
  settings.input.batch = settings.training.batch;
  settings.input.seed = settings.training.seed;
  settings.input.show_progress = !common.quiet;
  std::mutex files; // HDF5 is not thread-safe
  TrainingInput input = read_training_input(context.mpi, ensembles, kind, settings.input, files);
  on_root(context.mpi, [&] {
    const std::lock_guard reading(files);
    for (const auto& ensemble : ensembles) {
      if (const auto warning = virial_warning(ensemble); !warning.empty())
        log_warning(fmt::format("{}: {}", ensemble.path(), warning));
      if (ensemble.size() < few_configurations)
        log_warning(fmt::format("{} has {}, so few that the model learns these and not their law; take some thousand",
                                ensemble.path(), counted(ensemble.size(), "configuration")));
    }
  });
  const LawOptions law_of_training = settings.input.law(*input.prior);
  LawOptions untilted = law_of_training;
  untilted.tilted_fraction = 0;
  Model model = checked([&] {
    return Model(std::move(input.prior), describe(settings, law_of_training.families), settings.training.seed);
  });
  if (!settings.start.empty() && beginning != Beginning::resumed) { // a checkpoint has parameters of its own
    const std::lock_guard reading(files);
    start_from(model, settings.start, kinds);
  }
  model.set_precision(convolution_type(precision));
  model.to(device);
  limit_threads(
      model.nanoseconds_of_convolution(settings.training.batch / (context.mpi.size() * settings.training.accumulate)));
  const TrainingLaw law(model.layout(), input.data, law_of_training);
  const TrainingLaw validation_law(model.layout(), input.held_out, untilted);
  Trainer trainer = checked([&] { return Trainer(model, law, settings.training, process_group(context.mpi, device)); });

  settings.run.output = common.output;
  settings.run.overwrite = common.overwrite;
  settings.run.show_progress = !common.quiet;
  TrainingRun run(context.mpi, kinds, settings.run, provenance_of(context, options, common), model, trainer,
                  validation_law, files,
                  {.options = settings.training,
                   .tilted_fraction = settings.tilted_fraction,
                   .precision = precision,
                   .data_file = data_files(settings),
                   .data_digest = input.digest,
                   .window = input.window});
  if (beginning == Beginning::resumed)
    run.resume();
  const std::int64_t first_step = trainer.steps_done();
  const auto begin = std::chrono::steady_clock::now();
  run.train();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  if (context.mpi.root()) {
    const auto steps = static_cast<double>(settings.training.steps - first_step);
    const double rate = steps * static_cast<double>(settings.training.batch) / seconds;
    const double loss = run.record().loss.back(), held_out = run.record().validation_loss.back();
    if (const double before = run.record().validation_loss.front(); held_out > most_growth * before)
      log_warning(
          fmt::format("the held-out loss is {:.4g}, more than the {:.4g} before training: the model answers worse "
                      "than what it began with; use a smaller --learning-rate than {}",
                      held_out, before, settings.training.learning_rate));
    nlohmann::json by_family;
    std::string table;
    for (const auto& [name, losses] : run.record().family_loss) {
      const double gaussian = run.record().prior_loss.at(name);
      by_family[name] = {{"loss", losses.back()}, {"gaussian_loss", gaussian}};
      table += fmt::format("  {:<12} {:.5f} ({:.5f} of the Gaussian estimate)\n", name, losses.back(), gaussian);
    }
    if (!common.quiet)
      std::fputs(fmt::format("{}: {} parameters, {}\n"
                             "loss           {:.5f}, held out {:.5f} ({:.5f} before training); held out by family:\n"
                             "{}"
                             "samples        {:.0f} per second, {}\n"
                             "time           {}\n",
                             common.output, model.parameter_count(), counted(settings.training.steps, "step"), loss,
                             held_out, run.record().validation_loss.front(), table, rate, precision,
                             duration_text(seconds))
                     .c_str(),
                 stdout);
    write_json(common.json,
               {{"steps", settings.training.steps},
                {"seconds", seconds},
                {"samples_per_second", rate},
                {"loss", loss},
                {"validation_loss", held_out},
                {"families", by_family},
                {"parameters", model.parameter_count()},
                {"ranks", context.mpi.size()}},
               common.overwrite);
  }
  return 0;
}

} // namespace stint
