// stint export: configurations as pictures and as arrays of NumPy.

#include "src/commands/commands.hpp"
#include "src/export/exports.hpp"
#include "src/export/png_folder.hpp"
#include "src/export/settings.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace stint {
namespace {

/// Whether the file `path` is, or would be, in this folder.
bool same_folder(const std::string& path, const std::string& folder) {
  namespace fs = std::filesystem;
  return fs::weakly_canonical(fs::absolute(path).parent_path()) == fs::weakly_canonical(fs::absolute(folder));
}

/// The configurations that were asked for. Throws UsageError if there are none.
ExportRange range_of(const ExportSettings& settings, const ExportData& data) {
  if (settings.first >= data.size())
    throw UsageError(fmt::format("--first is {}, but {} has {}", settings.first, data.name(),
                                 counted(data.size(), "configuration")));
  return {settings.first, std::min(data.size() - settings.first, settings.limit.value_or(data.size()))};
}

ColourScale colours_of(const ExportSettings& settings, const ExportData& data, const ExportRange& range) {
  ColourScale colours;
  colours.diverging = settings.colours == "diverging" || (settings.colours == "auto" && !data.image());
  if (settings.range) {
    std::tie(colours.low, colours.high) = *settings.range;
  } else if (!data.image()) {
    colours.high = largest_value(data, range);
    colours.low = -colours.high;
  }
  return colours;
}

} // namespace

int run_export(const Context& context, Arguments arguments) {
  ExportSettings settings;
  CommonOptions common;
  Options options("export",
                  "Writes configurations as PNG files, as one picture of many, or as an array of NumPy. Pictures are "
                  "images of one or three channels, and fields on two dimensions. A value v of an image becomes the "
                  "byte 255 (v + 1)/2, so that images that were imported without --size come back as they were.");
  settings.declare(options);
  options.example("stint export fashion.h5 --sheet 8x8 --scale 2 --output fashion.png");
  options.example("stint export hmc.h5 --limit 100 --png fields --range -2,2");
  options.example("stint export hmc.h5 --npy fields.npy");
  if (!read_options(context, options, common, {.output = "the file of --sheet, a PNG"}, arguments))
    return 0;
  settings.check(common.output);
  check_outputs(context, common, {common.output, common.json, settings.npy});
  if (!settings.png.empty()) {
    check_png_folder(settings.png, common.overwrite);
    for (const auto& path : {common.output, common.json, settings.npy})
      if (!path.empty() && path != "-" && same_folder(path, settings.png))
        throw UsageError(fmt::format(
            "{} is in the folder of --png, {}, whose files it could replace; give another folder", path, settings.png));
  }

  const ExportData data(settings.files[0], settings.dataset);
  ExportRange range = range_of(settings, data);
  if (settings.sheet_text && settings.png.empty() && settings.npy.empty()) // no more is looked at
    range.count = std::min<std::int64_t>(range.count, settings.sheet.first * settings.sheet.second);
  Json json = {{"configurations", range.count}};
  std::string text =
      fmt::format("{}: {} from number {} on", data.name(), counted(range.count, "configuration"), range.first);
  if (settings.pictures()) {
    data.check_pictures();
    const ColourScale colours = colours_of(settings, data, range);
    if (colours.diverging && data.channels() != 1)
      throw UsageError("--colours diverging is for one channel; " + data.name() + " has three");
    json["range"] = {colours.low, colours.high};
    text += fmt::format(", {} from {:.6g} to {:.6g}",
                        data.channels() != 1 ? "colours"
                        : colours.diverging  ? "blue to red"
                                             : "black to white",
                        colours.low, colours.high);
    if (!settings.png.empty())
      export_png(data, range, colours, settings.scale, settings.png, common.overwrite, !common.quiet);
    if (settings.sheet_text)
      export_sheet(data, range, colours, {settings.sheet.first, settings.sheet.second, settings.gap, settings.scale},
                   common.output, common.overwrite);
  }
  if (!settings.npy.empty())
    export_npy(data, range, settings.npy, common.overwrite, !common.quiet);
  if (!common.quiet)
    std::fputs((text + "\n").c_str(), stdout);
  write_json(common.json, json, common.overwrite);
  return 0;
}

} // namespace stint
