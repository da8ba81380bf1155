// stint import: pictures of other programs as an ensemble.

#include "src/commands/commands.hpp"
#include "src/import/idx_source.hpp"
#include "src/import/pictures.hpp"
#include "src/import/settings.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

namespace stint {
namespace {

/// How many of `total` pictures are taken. Throws UsageError if none is.
std::int64_t count_of(const ImportSettings& settings, std::int64_t total) {
  if (settings.first >= total)
    throw UsageError(fmt::format("--first is {}, but {} has {} pictures", settings.first, settings.source(), total));
  return std::min(total - settings.first, settings.limit.value_or(total));
}

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

} // namespace

int run_import(const Context& context, Arguments arguments) {
  ImportSettings settings;
  CommonOptions common;
  Options options("import",
                  "Makes an ensemble file of pictures: kind \"image\", one channel (grey) or three (red, green, blue), "
                  "float32 between -1 (black) and 1 (white), each picture a chain of its own. Files may be larger than "
                  "the memory. The result does not depend on --threads.");
  settings.declare(options);
  options.example("stint import --idx train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz --split train "
                  "--output fashion.h5");
  if (!read_options(context, options, common, {.output = "ensemble file to write", .output_required = true}, arguments))
    return 0;
  settings.check();
  check_outputs(context, common, {common.output, common.json});

  const auto source = settings.open();
  const std::int64_t count = count_of(settings, source->size());
  std::vector<std::int64_t> labels;
  if (!settings.labels.empty())
    labels = read_labels(settings.labels, source->size(), settings.first, count);
  const auto shape =
      import_pictures(*source,
                      {.first = settings.first,
                       .count = count,
                       .prepare = settings.preparation(),
                       .attributes = {.source = settings.source(), .split = settings.split, .digest = ""},
                       .labels = labels,
                       .show_progress = !common.quiet},
                      common.output, common.overwrite, provenance_of(context, options, common));
  Json json = {{"configurations", count}, {"channels", shape.channels}, {"lattice", {shape.height, shape.width}}};
  if (!labels.empty())
    json["labels"] = label_counts(labels);
  if (!common.quiet)
    std::fputs(fmt::format("{}: {} pictures of {}x{} pixels, {}, from {}\n", common.output, count, shape.height,
                           shape.width, shape.channels == 1 ? "grey" : "in colour", settings.source())
                   .c_str(),
               stdout);
  write_json(common.json, json, common.overwrite);
  return 0;
}

} // namespace stint
