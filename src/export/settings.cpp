#include "src/export/settings.hpp"

#include "lattice/geometry.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"
#include "src/program/ranges.hpp"

#include <fmt/format.h>

namespace stint {
namespace {

constexpr int most_cells = 1000, largest_scale = 100; // along each axis, times each axis

std::pair<int, int> parse_sheet(const std::string& text) {
  int rows = 0, columns = 0;
  char cross = 0, more = 0;
  if (std::sscanf(text.c_str(), "%d%c%d%c", &rows, &cross, &columns, &more) != 3 || cross != 'x' || rows < 1 ||
      columns < 1 || rows > most_cells || columns > most_cells)
    throw UsageError(fmt::format("--sheet is '{}', expected rows and columns from 1 to {}, as 8x8", text, most_cells));
  return {rows, columns};
}

} // namespace

void ExportSettings::declare(Options& options) {
  options.positional("FILE", files, 1, 1, "ensemble file, or with --dataset any HDF5 file");
  options.group("What to export");
  options.value("dataset", dataset, "NAME",
                "instead of /configurations: another dataset (N, ...), /truth or /degraded");
  options.value("first", first, "N", "leave out the first N configurations");
  options.value("limit", limit, "N", "export at most N", "all; as many as the sheet has cells");
  options.group("As what (any of these)");
  options.value("png", png, "FOLDER", "one PNG file a configuration, named by its number: FOLDER/000000.png, ...");
  options.writes("png");
  options.value("sheet", sheet_text, "RxC", "one picture of R rows and C columns, written to --output", "none");
  options.value("npy", npy, "FILE.npy", "an array of NumPy, of the shape that the file has: any kind of ensemble");
  options.writes("npy");
  options.group("Pictures");
  options.value("scale", scale, "N", "each site as N x N pixels");
  options.value("gap", gap, "N", "white pixels between the pictures of a sheet");
  options.value("range", range_text, "A,B",
                "the values that become the two ends of the colours; default: -1,1 for images, else -m,m with the "
                "largest |value| m of what is exported");
  options.choice("colours", colours, {"auto", "grey", "diverging"},
                 "of one channel: black to white, or blue, white, red; auto: grey for images, diverging for fields");
}

void ExportSettings::check(const std::string& output) {
  if (png.empty() && npy.empty() && !sheet_text)
    throw UsageError("nothing to write: give --png FOLDER, --sheet RxC with --output FILE.png, or --npy FILE");
  if (sheet_text && !output.empty() && !output.ends_with(".png"))
    throw UsageError(fmt::format("--output {} does not end in .png, and a sheet is a PNG picture", output));
  if (sheet_text && output.empty())
    throw UsageError("--sheet needs --output FILE.png, where the sheet goes");
  if (!sheet_text && !output.empty())
    throw UsageError("--output is the file of --sheet RxC, which is missing");
  if (first < 0)
    throw UsageError(fmt::format("--first is {}, expected at least 0", first));
  if (limit && *limit < 1)
    throw UsageError(fmt::format("--limit is {}, expected at least 1", *limit));
  if (scale < 1 || scale > largest_scale)
    throw UsageError(fmt::format("--scale is {}, expected 1 to {}", scale, largest_scale));
  if (gap < 0 || gap > largest_scale)
    throw UsageError(fmt::format("--gap is {}, expected 0 to {}", gap, largest_scale));
  if (sheet_text)
    sheet = parse_sheet(*sheet_text);
  if (!range_text.empty())
    range = parse_range("range", range_text);
}

} // namespace stint
