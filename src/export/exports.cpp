#include "src/export/exports.hpp"

#include "src/export/png_folder.hpp"
#include "src/files/atomic_file.hpp"
#include "src/files/npy.hpp"
#include "src/files/png_file.hpp"
#include "src/pictures/for_each.hpp"
#include "src/pictures/sheet.hpp"
#include "src/program/errors.hpp"
#include "src/program/progress.hpp"
#include "src/program/stop_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

constexpr std::int64_t block_bytes = 32 << 20;
constexpr std::int64_t most_sheet_pixels = 200'000'000;

/// Calls visit(first, n) for all configurations, some at a time.
template<class Visit> void visit_blocks(const ExportData& data, const ExportRange& range, Visit visit) {
  std::int64_t bytes = sizeof(double);
  for (std::size_t k = 1; k < data.shape().size(); ++k)
    bytes *= data.shape()[k];
  const std::int64_t block = std::max<std::int64_t>(1, block_bytes / bytes);
  for (std::int64_t done = 0; done < range.count; done += block)
    visit(range.first + done, std::min(block, range.count - done));
}

template<class Real>
void write_array(const ExportData& data, const ExportRange& range, const std::string& file, bool overwrite,
                 bool show_progress) {
  auto shape = data.shape();
  shape[0] = range.count;
  NpyWriter<Real> out(file, overwrite, shape);
  Progress progress("export", range.count, "configurations", show_progress);
  visit_blocks(data, range, [&](std::int64_t first, std::int64_t n) {
    out.append(data.read<Real>(first, n));
    progress.update(first - range.first + n);
  });
  out.commit();
}

} // namespace

double largest_value(const ExportData& data, const ExportRange& range) {
  double largest = 0;
  visit_blocks(data, range, [&](std::int64_t first, std::int64_t n) {
    for (const double value : data.read<double>(first, n)) {
      if (!std::isfinite(value))
        throw std::runtime_error(data.name() + ": has a NaN or infinite value; --range A,B says which values to show");
      largest = std::max(largest, std::abs(value));
    }
  });
  if (largest == 0)
    throw std::runtime_error(data.name() + ": all values are 0; --range A,B says which values to show");
  return largest;
}

void export_png(const ExportData& data, const ExportRange& range, const ColourScale& colours, int scale,
                const std::string& folder, bool overwrite, bool show_progress) {
  const StopRequest stop({});
  PngFolder out(folder, overwrite);
  Progress progress("export", range.count, "pictures", show_progress);
  visit_blocks(data, range, [&](std::int64_t first, std::int64_t n) {
    const auto pictures = data.pictures(first, n);
    for_each_picture(n, [&](std::int64_t i) {
      if (stop.made())
        throw std::runtime_error(folder + ": stopped by a signal; nothing was written");
      out.write(first + i, magnify(colours(pictures[i]), scale));
    });
    progress.update(first - range.first + n);
  });
  out.commit();
}

void export_sheet(const ExportData& data, const ExportRange& range, const ColourScale& colours,
                  const SheetLayout& layout, const std::string& file, bool overwrite) {
  auto pictures = data.pictures(range.first, std::min<std::int64_t>(range.count, layout.rows * layout.columns));
  const std::int64_t h = pictures[0].height * layout.scale + layout.gap,
                     w = pictures[0].width * layout.scale + layout.gap;
  if (h * layout.rows > most_sheet_pixels / (w * layout.columns))
    throw UsageError(fmt::format("a sheet of {}x{} pictures has more than {} pixels", layout.rows, layout.columns,
                                 most_sheet_pixels));
  for (auto& picture : pictures)
    picture = magnify(colours(picture), layout.scale);
  AtomicFile target(file, overwrite);
  write_png(target.temporary(), file, contact_sheet(pictures, layout.rows, layout.columns, layout.gap));
  target.commit();
}

void export_npy(const ExportData& data, const ExportRange& range, const std::string& file, bool overwrite,
                bool show_progress) {
  if (data.single_precision())
    write_array<float>(data, range, file, overwrite, show_progress);
  else
    write_array<double>(data, range, file, overwrite, show_progress);
}

} // namespace stint
