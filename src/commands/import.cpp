// stint import: pictures, configurations and paths of other programs as an ensemble.

#include "src/commands/commands.hpp"
#include "src/import/fields.hpp"
#include "src/import/idx_source.hpp"
#include "src/import/pictures.hpp"
#include "src/import/settings.hpp"
#include "src/measure/virial.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <vector>

namespace stint {
namespace {

constexpr double most_virial_errors = 20; // naive ones: autocorrelation makes the true ones some times larger

/// What a run printed, for people and for scripts.
struct Outcome {
  std::string text;
  Json json;
};

/// How often each label occurs.
Json label_counts(const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, std::int64_t> counts;
  for (const auto label : labels)
    ++counts[label];
  Json json = Json::object();
  for (const auto& [label, count] : counts)
    json[std::to_string(label)] = count;
  return json;
}

Outcome pictures(const ImportSettings& settings, const CommonOptions& common, const Provenance& provenance) {
  const auto source = settings.open();
  const std::int64_t count = settings.count_of(source->size());
  std::vector<std::int64_t> labels;
  if (!settings.labels.empty())
    labels = read_labels(settings.labels, source->size(), settings.first, count);
  const PictureImport what{.first = settings.first,
                           .count = count,
                           .prepare = settings.preparation(),
                           .attributes = {.source = settings.source(), .split = settings.split, .digest = ""},
                           .labels = labels,
                           .show_progress = !common.quiet};
  const auto shape = import_pictures(*source, what, common.output, common.overwrite, provenance);
  Json json = {{"configurations", count}, {"channels", shape.channels}, {"lattice", {shape.height, shape.width}}};
  if (!labels.empty())
    json["labels"] = label_counts(labels);
  return {fmt::format("{} of {}x{} pixels, {}", counted(count, "picture"), shape.height, shape.width,
                      shape.channels == 1 ? "grey" : "in colour"),
          std::move(json)};
}

Outcome fields(const ImportSettings& settings, const Options& options, const CommonOptions& common,
               const Provenance& provenance) {
  NpyReader file(settings.npy);
  const Geometry geometry = field_geometry(file, settings.npy);
  const Phi4 theory = settings.couplings.resolve(options, geometry.dimensions());
  const std::int64_t count = settings.count_of(file.rows());
  if (count % settings.chains != 0)
    throw UsageError(fmt::format("{} fields are no {} --chains of equal length", count, settings.chains));
  const FieldImport what{.first = settings.first,
                         .count = count,
                         .theory = theory,
                         .unit = settings.couplings.field_unit(),
                         .chains = settings.chains,
                         .interleaved = settings.interleaved,
                         .distance = settings.distance,
                         .show_progress = !common.quiet};
  const auto virial = import_fields(file, settings.npy, what, common.output, common.overwrite, provenance);
  if (const auto warning = virial_warning(virial.value, virial.error, most_virial_errors); !warning.empty())
    spdlog::warn("{}: {}", settings.npy, warning);
  return {fmt::format("{} of {} on lattice {}, mass2 {:.6g}, lambda {:.6g}, multiplied by {:.6g}, <phi dS/dphi> = {}",
                      counted(count, "field"), counted(settings.chains, "chain"), geometry.text(), theory.mass2,
                      theory.lambda, what.unit, with_error(virial.value, virial.error)),
          {{"configurations", count},
           {"chains", settings.chains},
           {"lattice", geometry.extents()},
           {"mass2", theory.mass2},
           {"lambda", theory.lambda},
           {"field_unit", what.unit},
           {"virial", {virial.value, virial.error}}}};
}

Outcome paths(const ImportSettings& settings, const CommonOptions& common, const Provenance& provenance) {
  const auto found = read_maze_paths(settings.maze);
  const Maze maze = settings.maze_for(found);
  const auto& windows = settings.windows;
  const auto made = import_maze(found,
                                {.maze = maze,
                                 .windows = windows,
                                 .first = settings.first,
                                 .limit = settings.limit,
                                 .source = settings.maze,
                                 .show_progress = !common.quiet},
                                common.output, common.overwrite, provenance);
  return {fmt::format("{} windows of {} points, one every {} steps, from {} runs{}", made.windows, windows.points,
                      windows.every, made.runs - made.short_runs,
                      made.short_runs > 0 ? fmt::format(" ({} more are shorter than a window)", made.short_runs) : ""),
          {{"configurations", made.windows},
           {"channels", 2},
           {"lattice", {windows.points}},
           {"runs", made.runs},
           {"short_runs", made.short_runs},
           {"maze", maze.text()},
           {"world", std::string(facts(maze.world()).name)}}};
}

} // namespace

int run_import(const Context& context, Arguments arguments) {
  ImportSettings settings;
  CommonOptions common;
  Options options(
      "import",
      "Makes an ensemble file of pictures (kind \"image\": one channel, or red, green and blue; float32 from -1, "
      "black, "
      "to 1, white; each picture a chain of its own), or of another program's configurations of phi^4. Transparent "
      "pictures are laid on white, 16 bits become 8; EXIF orientation and colour profiles are not applied. With the "
      "couplings of another form the fields are multiplied by sqrt(kappa) or 1/sqrt(2), so that they are those of the "
      "action below. Paths through mazes become windows of points (kind \"maze\"; the channels are x and y). Files may "
      "be larger than the memory, and --threads does not change the result.");
  settings.declare(options);
  options.example("stint import --idx train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz --split train "
                  "--output fashion.h5");
  options.example("stint import --folder img_align_celeba --partition list_eval_partition.csv --split train --crop 178 "
                  "--size 128 --output celeba.h5");
  options.example("stint import --folder afhq/train/cat --size 256 --split train --output cats.h5");
  options.example("stint import --npy fields.npy --kind phi4 --mass2 -2 --lambda 1.5 --chains 4 --output mine.h5");
  options.example("stint import --maze umaze.hdf5 --window 50 --every 6 --output paths.h5");
  options.example(
      "stint import --maze pointmaze-giant-stitch-v0.npz --layout ogbench-giant --every 4 --output giant.h5");
  if (!read_options(context, options, common, {.output = "ensemble file to write", .output_required = true}, arguments))
    return 0;
  settings.check(options);
  check_outputs(context, common, {common.output, common.json});

  const Provenance provenance = provenance_of(context, options, common);
  const Outcome outcome = settings.paths()    ? paths(settings, common, provenance)
                          : settings.fields() ? fields(settings, options, common, provenance)
                                              : pictures(settings, common, provenance);
  if (!common.quiet)
    std::fputs(fmt::format("{}: {}, from {}\n", common.output, outcome.text, settings.source()).c_str(), stdout);
  write_json(common.json, outcome.json, common.overwrite);
  return 0;
}

} // namespace stint
