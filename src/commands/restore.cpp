// stint restore: images from what is left of them, by a model and by what others do with it.

#include "src/commands/learning.hpp"
#include "src/files/digest.hpp"
#include "src/files/same_run.hpp"
#include "src/program/errors.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"
#include "src/program/progress.hpp"
#include "src/restore/report.hpp"
#include "src/restore/run.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace stint {
namespace {

constexpr const char* image_kind = "image";

Source open_images(const Context& context, const std::string& model, const Options& options, const Kinds& kinds,
                   const RestoreSettings& settings, torch::Device device) {
  SourceOptions source;
  source.model = model;
  auto opened = open_source(context.mpi, source, options, kinds, settings.compute.resolve_precision(device), device);
  if (opened.kind != image_kind)
    throw UsageError(fmt::format("{} is of the kind '{}'; stint restore needs a model of images, of the kind '{}'",
                                 model, opened.kind, image_kind));
  return opened;
}

void check_data(const EnsembleReader& data, const RestoreSettings& settings, const Layout& layout) {
  if (data.header().kind != image_kind)
    throw UsageError(fmt::format("{} is of the kind '{}'; stint restore needs images, of the kind '{}'", settings.data,
                                 data.header().kind, image_kind));
  if (data.channels() != layout.channels || data.geometry() != layout.geometry)
    throw UsageError(fmt::format("{} has images of {} with {}, {} is for {} with {}", settings.data,
                                 data.geometry().text(), counted(data.channels(), "channel"), settings.model,
                                 layout.geometry.text(), layout.channels));
  if (data.size() < settings.images + settings.tune)
    throw UsageError(fmt::format("{} has {}, fewer than --images {}{}", settings.data, counted(data.size(), "image"),
                                 settings.images,
                                 settings.tune > 0 ? fmt::format(" and --tune {} together", settings.tune) : ""));
}

/// Refuses what a model was not trained for, before the work begins. `others`: whether it is asked by others' methods.
void check_families(const std::string& model, const Source& source, const RestoreSettings& settings, bool others,
                    std::uint64_t seed) {
  const auto check = [&](const Basis& basis, const std::string& what) {
    if (source.families && !source.families->cover(basis))
      throw UsageError(fmt::format("{} was trained for the operators {}; {} needs others, of the family '{}'", model,
                                   source.families->text(), what, basis.text()));
  };
  for (const auto& name : settings.problem_names()) {
    const auto problem = checked([&] { return make_problem(name, settings.problems, source.layout, seed, 0, 1); });
    check(problem.task.path.basis(), "--problem " + name);
  }
  for (const auto& name : settings.method_names())
    if (others && name != "mean" && name != "sample")
      check(Basis::any(), "--methods " + name);
}

} // namespace

int run_restore(const Context& context, Arguments arguments, const Kinds& kinds) {
  RestoreSettings settings;
  CommonOptions common;
  Options options(
      "restore",
      "Degrades images and restores them: by the model's posterior mean in one evaluation, by draws from the "
      "posterior, and by methods that others built on models of flow matching, all with the same model. Prints, with "
      "errors over images and for values from -1 to 1 as images of range 1: the means of PSNR and SSIM; RMSE, the root "
      "of the mean squared error, which the posterior mean makes least; the evaluations of the model for an image (a "
      "backward pass counts one); and the calibration: the variance of the draws over the squared error of the "
      "posterior mean, 1 if the draws scatter as they should, less if they are too sure. OUTPUT has "
      "/truth, /degraded, /METHOD and /posterior_deviation, with several problems in a group each. The run keeps its "
      "answers in the folder OUTPUT.parts, and after SIGTERM, SIGUSR1, --time-limit or a crash the same command with "
      "--resume goes on.");
  settings.declare(options);
  for (const char* input : {"model", "data", "regressor"})
    options.reads(input);
  options.example("stint restore --model fashion.h5 --data test.h5 --problem box,random --methods mean,sample --output "
                  "restored.h5");
  options.example("stint restore --model fashion.h5 --data test.h5 --problem random --methods all --images 20 --tune 8 "
                  "--output compared.h5 --json compared.json");
  if (!read_options(context, options, common,
                    {.output = "file of images to write",
                     .output_required = true,
                     .beside = {".parts"},
                     .seed = "seed of noise and masks; those of an image depend on its number alone"},
                    arguments))
    return 0;
  settings.check(options);
  if (!settings.resume)
    check_outputs(context, common, {common.output, common.json});
  const StopRequest stop(settings.time_limit);
  const auto seed = static_cast<std::uint64_t>(common.seed);
  const auto device = settings.compute.resolve_device(context.mpi);
  set_up_libtorch(device);
  Restorer restorer{.source = open_images(context, settings.model, options, kinds, settings, device),
                    .regressor = {},
                    .models_digest = digest_of_file(settings.model),
                    .device = device};
  const auto& source = restorer.source;
  const EnsembleReader data(settings.data);
  check_data(data, settings, source.layout);
  check_families(settings.model, source, settings, /*others=*/true, seed);
  if (!settings.regressor.empty()) {
    restorer.regressor = open_images(context, settings.regressor, options, kinds, settings, device);
    restorer.models_digest = fmt::format("{} {}", restorer.models_digest, digest_of_file(settings.regressor));
    check_data(data, settings, restorer.regressor->layout);
    check_families(settings.regressor, *restorer.regressor, settings, /*others=*/false, seed);
  }
  limit_threads(source.nanoseconds * static_cast<double>(std::min(settings.batch, settings.images)));

  EnsembleHeader header{.geometry = source.layout.geometry,
                        .channels = source.layout.channels,
                        .precision = hdf5::Type::float32,
                        .provenance = provenance_of(context, options, common),
                        .kind = image_kind};
  const PartsFolder folder(common.output, restore_state_format);
  std::optional<RunLock> lock;
  const auto beginning = begin_run(settings.resume, common, {folder.path(), folder.state(), folder.path()},
                                   deciding_options(header.provenance), header.provenance.start_time, lock);
  if (beginning == Beginning::finished && !folder.has_state()) {
    if (!common.quiet)
      std::fputs((common.output + " is complete already\n").c_str(), stdout);
    if (!common.json.empty())
      write_json(common.json, read_restore_json(common.output), /*overwrite=*/true);
    return 0;
  }

  Answers answers(folder, header, beginning != Beginning::fresh);
  const auto work = work_of(settings);
  std::vector<ProblemResult> results;
  try {
    Progress progress("restore", work - answers.images_before(), "restorations", !common.quiet);
    answers.tell = [&](std::int64_t images, const std::string& what) { progress.update(images, what); };
    for (const auto& name : settings.problem_names())
      results.push_back(checked([&] { return restore(restorer, settings, name, data, seed, stop, answers); }));
  } catch (const Interrupted&) {
    throw StoppedEarly(
        fmt::format("stopped after {} of {} restorations; continue with --resume", answers.images(), work));
  }
  // A run that was killed between its end and that of its parts writes both again.
  const bool overwrite = common.overwrite || beginning == Beginning::finished;
  write_restorations(common.output, overwrite, results, header);
  if (!common.quiet)
    std::fputs(restore_table(results).c_str(), stdout);
  write_json(common.json, restore_json(results), overwrite);
  folder.clear();
  return 0;
}

} // namespace stint
