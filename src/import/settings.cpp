#include "src/import/settings.hpp"

#include "lattice/geometry.hpp"
#include "src/import/idx_source.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>

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
  options.reads("idx");
  options.value("labels", labels, "FILE", "the IDX file of labels (N) that belongs to --idx: becomes /label");
  options.reads("labels");
  options.flag("transpose", transpose, "rows and columns of --idx change places, as EMNIST needs it");
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
  options.value("split", split, "train|valid|test", "which part of the data this is: kept as an attribute");
}

void ImportSettings::check() const {
  if (idx.empty())
    throw UsageError("nothing to import: give --idx FILE");
  if (grey && colour)
    throw UsageError("--grey and --colour are both given");
  if (first < 0)
    throw UsageError(fmt::format("--first is {}, expected at least 0", first));
  if (limit && *limit < 1)
    throw UsageError(fmt::format("--limit is {}, expected at least 1", *limit));
  if (!split.empty() && split != "train" && split != "valid" && split != "test")
    throw UsageError(fmt::format("--split is '{}', expected train, valid or test", split));
  static_cast<void>(preparation());
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

std::string ImportSettings::source() const { return idx; }

std::unique_ptr<PictureSource> ImportSettings::open() const { return std::make_unique<IdxSource>(idx, transpose); }

} // namespace stint
