#include "src/import/settings.hpp"

#include "lattice/geometry.hpp"
#include "src/import/folder_source.hpp"
#include "src/import/idx_source.hpp"
#include "src/import/npy_source.hpp"
#include "src/maze/layout_option.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"
#include "src/program/ranges.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stint {
namespace {

/// "128" or "96x128".
Preparation::Extents extents(const std::string& option, const std::string& text) {
  std::vector<int> found;
  try {
    found = Geometry::parse(text).extents();
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--{}: {}", option, error.what()));
  }
  if (found.size() > 2)
    throw UsageError(fmt::format("--{} is '{}', expected N for NxN pixels, or HxW", option, text));
  return {found.front(), found.back()};
}

} // namespace

void ImportSettings::declare(Options& options) {
  options.group("What to import (one of these)");
  options.value("idx", idx, "FILE",
                "an IDX file of images (N, H, W), plain or .gz: MNIST, Fashion-MNIST, EMNIST (with --transpose)");
  options.value("folder", folder, "DIR",
                "a folder of PNG and JPEG files, in the order of their names: AFHQ's train/cat, CelebA's "
                "img_align_celeba (with --partition)");
  options.value("npy", npy, "FILE.npy",
                "an array of NumPy: images (N, H, W), (N, H, W, C) or (N, C, H, W), or with --kind phi4 fields "
                "(N, L1, ..., Ld)");
  options.value("maze", maze, "FILE", "steps through a maze: HDF5 of D4RL or of 'stint maze generate', NPZ of OGBench");
  options.group("More on it");
  options.value("labels", labels, "FILE", "the IDX file of labels (N) that belongs to --idx: becomes /label");
  options.flag("transpose", transpose, "rows and columns of --idx change places, as EMNIST needs it");
  options.value("partition", partition, "FILE",
                "CelebA's list_eval_partition (.csv or .txt): take the pictures of --split only");
  options.value("max-pixels", most_pixels, "N", "refuse files of --folder with more pixels than this");
  options.value("layout", layout, "NAME",
                "of --npy: where the channels are, hwc or chw; auto looks at the shape. Of --maze: the maze, where the "
                "file does not say it: " +
                    layout_help());
  options.value(
      "range", range_text, "A,B",
      "of images in --npy: the numbers that are black and white; default 0,255 for bytes, none for other numbers");
  for (const char* input : {"idx", "folder", "npy", "maze", "labels", "partition", "layout"})
    options.reads(input);
  options.group("Pictures: first channels, then --crop, then --size");
  options.flag("grey", grey, "one channel: the luma 0.299 R + 0.587 G + 0.114 B");
  options.flag("colour", colour, "three channels, equal ones for grey pictures");
  options.value("crop", crop, "N|HxW|square", "take the middle of each picture, so many pixels, or the largest square");
  options.value("size", size, "N|HxW",
                "resize each picture to so many pixels, averaging where it shrinks (a triangle filter, as Pillow's "
                "BILINEAR)");
  options.group("Which of them");
  options.value("first", first, "N", "leave out the first N");
  options.value("limit", limit, "N", "take at most N", "all");
  options.value("split", split, "train|valid|test",
                "which part of the data this is: kept as an attribute; with --partition, which part to take");
  options.group("Paths: windows of points, cut from the runs of --maze");
  options.value("window", windows.points, "N", "points of a window");
  options.value("every", windows.every, "N", "steps from point to point");
  options.value("shift", windows.shift, "N", "steps from window to window");
  options.value("world", world, "d4rl|ogbench", "of a --layout that is a file; default d4rl");
  options.group("Fields of phi^4");
  options.choice("kind", kind, {image_kind, phi4_kind}, "what --npy has");
  options.value("chains", chains, "N", "Markov chains of equal length, one after the other");
  options.flag("interleaved", interleaved, "the chains take turns instead: row = time x chains + chain");
  options.value("save-every", distance, "N", "trajectories from one configuration of a chain to the next");
  couplings.declare(options);
}

void ImportSettings::check_source(const Options& options) const {
  int sources = 0;
  for (const char* name : {"idx", "folder", "npy", "maze"})
    sources += options.given(name) ? 1 : 0;
  if (sources != 1)
    throw UsageError(fmt::format("{}: --idx FILE, --folder DIR, --npy FILE or --maze FILE",
                                 sources == 0 ? "nothing to import: give one of" : "give only one of"));
  struct Belongs {
    const char *option, *to;
  };
  for (const auto& [option, to] : {Belongs{"labels", "idx"},
                                   {"transpose", "idx"},
                                   {"partition", "folder"},
                                   {"max-pixels", "folder"},
                                   {"range", "npy"},
                                   {"window", "maze"},
                                   {"every", "maze"},
                                   {"shift", "maze"},
                                   {"world", "maze"}})
    if (options.given(option) && !options.given(to))
      throw UsageError(fmt::format("--{} goes with --{} only", option, to));
  if (!partition.empty() && split.empty())
    throw UsageError("--partition needs --split train, valid or test");
}

void ImportSettings::check_fields(const Options& options) const {
  for (const char* option : {"chains", "interleaved", "save-every", "mass2", "lambda", "field", "quadratic", "kappa",
                             "hopping-lambda", "mu2", "g"})
    if (!fields() && options.given(option))
      throw UsageError(fmt::format("--{} goes with --kind phi4 only", option));
  for (const char* option : {"layout", "range", "grey", "colour", "crop", "size", "split"})
    if (fields() && options.given(option))
      throw UsageError(fmt::format("--{} goes with images only, not with --kind phi4", option));
  if (!fields())
    return;
  if (npy.empty())
    throw UsageError("--kind phi4 goes with --npy FILE only");
  if (!couplings.kappa && !couplings.mu2 && !(options.given("mass2") && options.given("lambda")))
    throw UsageError("the couplings of the fields are missing: --mass2 and --lambda, --kappa and --hopping-lambda, or "
                     "--mu2 and --g");
  if (chains < 1)
    throw UsageError(fmt::format("--chains is {}, expected at least 1", chains));
  if (distance < 1)
    throw UsageError(fmt::format("--save-every is {}, expected at least 1", distance));
}

void ImportSettings::check_paths(const Options& options) const {
  for (const char* option : {"kind", "grey", "colour", "crop", "size", "split"})
    if (options.given(option))
      throw UsageError(fmt::format("--{} does not go with --maze", option));
  if (windows.points < 2 || windows.points > 1'000'000)
    throw UsageError(fmt::format("--window is {}, expected 2 to 1000000 points", windows.points));
  for (const auto& [option, value] : {std::pair{"every", windows.every}, {"shift", windows.shift}})
    if (value < 1 || value > 1'000'000'000)
      throw UsageError(fmt::format("--{} is {}, expected 1 to 10^9 steps", option, value));
  if (!world.empty() && !options.given("layout"))
    throw UsageError("--world goes with --layout only");
}

Maze ImportSettings::maze_for(const MazePaths& found) const {
  if (layout != "auto")
    return maze_of(layout, world);
  if (!found.maze)
    throw UsageError(fmt::format("{} does not say which maze it is of; give --layout NAME|FILE", maze));
  return *found.maze;
}

void ImportSettings::check(const Options& options) const {
  check_source(options);
  if (first < 0)
    throw UsageError(fmt::format("--first is {}, expected at least 0", first));
  if (limit && *limit < 1)
    throw UsageError(fmt::format("--limit is {}, expected at least 1", *limit));
  if (paths())
    return check_paths(options);
  if (options.given("layout") && npy.empty())
    throw UsageError("--layout goes with --npy and --maze only");
  if (layout != "auto" && layout != "hwc" && layout != "chw")
    throw UsageError(fmt::format("--layout is '{}', expected auto, hwc or chw with --npy", layout));
  check_fields(options);
  if (grey && colour)
    throw UsageError("--grey and --colour are both given");
  if (most_pixels < 1)
    throw UsageError(fmt::format("--max-pixels is {}, expected at least 1", most_pixels));
  if (!split.empty() && split != "train" && split != "valid" && split != "test")
    throw UsageError(fmt::format("--split is '{}', expected train, valid or test", split));
  static_cast<void>(preparation());
  static_cast<void>(range());
}

Preparation ImportSettings::preparation() const {
  Preparation prepare;
  prepare.square = crop == "square";
  if (!crop.empty() && !prepare.square)
    prepare.crop = extents("crop", crop);
  if (!size.empty())
    prepare.size = extents("size", size);
  if (grey || colour)
    prepare.channels = grey ? 1 : 3;
  return prepare;
}

std::optional<std::pair<double, double>> ImportSettings::range() const {
  return range_text.empty() ? std::nullopt : std::optional(parse_range("range", range_text));
}

std::string ImportSettings::source() const {
  return !idx.empty() ? idx : !folder.empty() ? folder : !npy.empty() ? npy : maze;
}

std::unique_ptr<PictureSource> ImportSettings::open() const {
  if (!idx.empty())
    return std::make_unique<IdxSource>(idx, transpose);
  if (!folder.empty())
    return std::make_unique<FolderSource>(folder, partition, split, most_pixels);
  return std::make_unique<NpySource>(npy, layout, range());
}

std::int64_t ImportSettings::count_of(std::int64_t total) const {
  if (first >= total)
    throw UsageError(
        fmt::format("--first is {}, but {} has {} {}", first, source(), total, fields() ? "fields" : "pictures"));
  return std::min(total - first, limit.value_or(total));
}

} // namespace stint
