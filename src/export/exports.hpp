#pragma once
// Configurations become pictures and arrays.

#include "src/export/export_data.hpp"
#include "src/pictures/colour_scale.hpp"

#include <cstdint>
#include <string>

namespace stint {

/// Configurations [first, first + count) of the data.
struct ExportRange {
  std::int64_t first = 0, count = 0;
};

/// The largest |value|. Throws std::runtime_error, one line, for values that are not finite, or all 0.
double largest_value(const ExportData& data, const ExportRange& range);

/// Each configuration as NUMBER.png in the folder (png_folder.hpp), on all threads; the number is that in the file. A
/// signal ends it with a std::runtime_error.
void export_png(const ExportData& data, const ExportRange& range, const ColourScale& colours, int scale,
                const std::string& folder, bool overwrite, bool show_progress);

/// The configurations as one PNG file (sheet.hpp).
struct SheetLayout {
  int rows = 1, columns = 1, gap = 2, scale = 1;
};
void export_sheet(const ExportData& data, const ExportRange& range, const ColourScale& colours,
                  const SheetLayout& layout, const std::string& file, bool overwrite);

/// The configurations as an NPY file of the shape that they have in the file: float32 if that has all their digits,
/// else float64.
void export_npy(const ExportData& data, const ExportRange& range, const std::string& file, bool overwrite,
                bool show_progress);

} // namespace stint
