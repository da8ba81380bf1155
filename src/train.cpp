// stint train: learn the drift of an ensemble.

#include "generative/trainer.hpp"
#include "src/commands.hpp"
#include "src/compute.hpp"
#include "src/ensemble_file.hpp"
#include "src/errors.hpp"
#include "src/json_output.hpp"
#include "src/model_file.hpp"
#include "src/options.hpp"
#include "src/process_group.hpp"
#include "src/progress.hpp"
#include "src/same_run.hpp"
#include "src/training_run.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>

namespace stint {
namespace {

struct Settings {
  std::string data;
  TrainingOptions training;
  LawOptions law;
  std::string operators = "scalar";
  int channels = 16, levels = 3, blocks = 1;
  double validation_fraction = 0.05;
  std::string target = "auto";
  TrainingRunOptions run;
  bool resume = false;
  ComputeOptions compute;
};

void declare(Options& options, Settings& settings) {
  options.group("Data");
  options.value("data", settings.data, "ENSEMBLE", "ensemble file to learn from");
  options.require("data");
  options.value("validation-fraction", settings.validation_fraction, "F",
                "of the configurations, the last ones, held out");
  options.group("Training law");
  options.value("operators", settings.operators, "FAMILIES",
                "alpha and beta to train on: scalar (generation), site (known sites, sequential states, independent "
                "levels), fourier (modes), mixed (all of them), or weights such as scalar:0.5,known:0.3,fourier:0.2");
  options.value("field-range", settings.law.field_range, "H",
                "also train for tilts by fields |h| <= H, so that sample --field h works");
  options.value("quadratic-range", settings.law.quadratic_range, "K2",
                "also train for tilts -K2 <= k2 <= 0, so that sample --quadratic k2 works");
  options.value("tilted-fraction", settings.law.tilted_fraction, "F",
                "of the samples, if --field-range or --quadratic-range is set");
  options.choice("target", settings.target, {"auto", "data", "action"},
                 "regress on the data alone, or on the data and the force of their action, which has less variance; "
                 "auto takes the action of phi^4 ensembles");
  options.group("Network");
  options.value("channels", settings.channels, "N", "on the finest level, twice as many on the others");
  options.value("levels", settings.levels, "N", "of the U-Net, each coarser by 2");
  options.value("blocks", settings.blocks, "N", "residual blocks on each level, down and up");
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
  least("channels", settings.channels);
  least("levels", settings.levels);
  least("blocks", settings.blocks);
  least("report-every", settings.run.report_every);
  least("validate-every", settings.run.validate_every);
  least("checkpoint-every", settings.run.checkpoint_every);
  if (!(settings.validation_fraction > 0 && settings.validation_fraction < 1))
    throw UsageError(
        fmt::format("--validation-fraction is {}, expected between 0 and 1", settings.validation_fraction));
  if (settings.law.field_range < 0)
    throw UsageError(fmt::format("--field-range is {}, expected >= 0", settings.law.field_range));
  if (settings.law.quadratic_range < 0)
    throw UsageError(fmt::format("--quadratic-range is {}, expected >= 0", settings.law.quadratic_range));
  if (!(settings.law.tilted_fraction > 0 && settings.law.tilted_fraction <= 1))
    throw UsageError(fmt::format("--tilted-fraction is {}, expected in (0, 1]", settings.law.tilted_fraction));
}

/// The whole ensemble as float32, (N, L1, ..., Ld).
torch::Tensor read_configurations(const EnsembleReader& ensemble) {
  std::vector<std::int64_t> shape = {ensemble.size()};
  shape.insert(shape.end(), ensemble.geometry().extents().begin(), ensemble.geometry().extents().end());
  auto configurations = torch::empty(shape, torch::kFloat);
  ensemble.read<float>(0, {configurations.data_ptr<float>(), static_cast<std::size_t>(configurations.numel())});
  return configurations;
}

/// The data as the training sees them.
struct Data {
  torch::Tensor training, held_out;
  std::string digest;
};

Data load(const EnsembleReader& ensemble, double validation_fraction) {
  const auto configurations = read_configurations(ensemble);
  const auto held_out =
      std::max<std::int64_t>(1, std::llround(validation_fraction * static_cast<double>(configurations.size(0))));
  if (held_out >= configurations.size(0))
    throw UsageError(
        fmt::format("{}: {} configurations are too few to learn from", ensemble.path(), configurations.size(0)));
  const auto kept = configurations.size(0) - held_out;
  return {configurations.narrow(0, 0, kept), configurations.narrow(0, kept, held_out),
          digest({configurations.data_ptr<float>(), static_cast<std::size_t>(configurations.numel())})};
}

ModelDescription describe(const Settings& settings, const EnsembleReader& ensemble, const torch::Tensor& training) {
  if (settings.target == "action" && ensemble.header().kind != "phi4")
    throw UsageError(fmt::format("--target action: {} is of kind '{}', whose action is unknown", ensemble.path(),
                                 ensemble.header().kind));
  const bool action = settings.target != "data" && ensemble.header().kind == "phi4";
  const bool symmetric = ensemble.theory().field == 0;
  return {.geometry = ensemble.geometry(),
          .kind = ensemble.header().kind,
          .theory = ensemble.theory(),
          .symmetric = symmetric,
          .field_range = settings.law.field_range,
          .quadratic_range = settings.law.quadratic_range,
          .families = settings.law.families,
          .channels = settings.channels,
          .levels = settings.levels,
          .blocks = settings.blocks,
          .moments = measure_moments(training, symmetric, action ? std::optional(ensemble.theory()) : std::nullopt)};
}

/// With --resume: whether the model is there already, of this run; says so. Collective.
bool finished_before(const Context& context, const Options& options, const CommonOptions& common) {
  bool finished = false;
  on_root(context.mpi, [&] {
    finished = is_finished(common, deciding_options(options.effective()));
    if (!finished)
      return;
    std::filesystem::remove(common.output + ".checkpoint"); // what a kill just after the end may have left
    if (!common.quiet)
      std::fputs((common.output + " is complete already\n").c_str(), stdout);
  });
  context.mpi.broadcast(std::span(&finished, 1));
  return finished;
}

} // namespace

int run_train(const Context& context, Arguments arguments) {
  Settings settings;
  CommonOptions common;
  Options options(
      "train",
      "Learns the drift of an ensemble by regression on interpolants alpha x0 + beta x1 between noise x0 and data x1 "
      "(arXiv:2508.04605): a U-Net on top of the Wiener estimate. The model then samples new configurations, and "
      "configurations in a field, with 'stint sample'. Under mpirun the batch is split among the ranks; the result is "
      "the same to rounding. Memory of a rank: the whole ensemble in single precision, and about 0.8 GB for a "
      "batch of 64 on a 32x32 lattice with 16 channels. Losses are mean squared errors in units of the target's "
      "variance "
      "in Gaussian approximation.");
  declare(options, settings);
  options.example("stint train --data prior.h5 --field-range 0.03 --output model.h5");
  options.example("mpirun -n 4 stint train --data prior.h5 --steps 20000 --channels 32 --output model.h5");
  if (!read_options(
          context, options, common,
          {.output = "model file to write", .output_required = true, .seed = "seed of parameters and batches"},
          arguments))
    return 0;
  check(settings);
  if (settings.resume && finished_before(context, options, common))
    return 0;
  check_outputs(context, common, {common.output, common.json});
  set_up_libtorch();
  const auto device = settings.compute.resolve_device(context.mpi);
  const auto precision = settings.compute.resolve_precision(device);

  const EnsembleReader ensemble(settings.data);
  const Data data = load(ensemble, settings.validation_fraction);
  settings.training.seed = static_cast<std::uint64_t>(common.seed);
  settings.law.symmetric = ensemble.theory().field == 0;
  settings.law.families = checked([&] { return FamilyWeights::parse(settings.operators); });
  LawOptions untilted = settings.law;
  untilted.field_range = untilted.quadratic_range = 0;
  Model model = checked([&] { return Model(describe(settings, ensemble, data.training), settings.training.seed); });
  model.set_precision(convolution_type(precision));
  model.to(device);
  const TrainingLaw law = checked([&] { return TrainingLaw(ensemble.geometry(), data.training, settings.law); });
  const TrainingLaw validation_law(ensemble.geometry(), data.held_out, untilted);
  Trainer trainer = checked([&] { return Trainer(model, law, settings.training, process_group(context.mpi, device)); });

  settings.run.output = common.output;
  settings.run.overwrite = common.overwrite;
  settings.run.show_progress = !common.quiet;
  TrainingRun run(context.mpi, settings.run, provenance_of(context, options, common), model, trainer, validation_law,
                  {.options = settings.training,
                   .law = settings.law,
                   .precision = precision,
                   .data_file = settings.data,
                   .data_digest = data.digest});
  if (settings.resume)
    run.resume();
  const std::int64_t first_step = trainer.steps_done();
  const auto begin = std::chrono::steady_clock::now();
  run.train();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  if (context.mpi.root()) {
    const auto steps = static_cast<double>(settings.training.steps - first_step);
    const double rate = steps * static_cast<double>(settings.training.batch) / seconds;
    const double loss = run.record().loss.back(), held_out = run.record().validation_loss.back();
    nlohmann::json by_family;
    std::string table;
    for (const auto& [name, losses] : run.record().family_loss) {
      const double gaussian = run.record().gaussian_loss.at(name);
      by_family[name] = {{"loss", losses.back()}, {"gaussian_loss", gaussian}};
      table += fmt::format("  {:<12} {:.5f} ({:.5f} of the Gaussian estimate)\n", name, losses.back(), gaussian);
    }
    if (!common.quiet)
      std::fputs(fmt::format("{}: {} parameters, {} steps\n"
                             "loss           {:.5f}, held out {:.5f} ({:.5f} before training); held out by family:\n"
                             "{}"
                             "samples        {:.0f} per second, {}\n"
                             "time           {}\n",
                             common.output, model.parameter_count(), settings.training.steps, loss, held_out,
                             run.record().validation_loss.front(), table, rate, precision, duration_text(seconds))
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
