#pragma once
// The options of stint export.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stint {

class Options;

struct ExportSettings {
  std::vector<std::string> files;
  std::string dataset;
  std::int64_t first = 0;
  std::optional<std::int64_t> limit;

  std::string png, npy;
  std::optional<std::string> sheet_text;
  std::string range_text, colours = "auto";
  int scale = 1, gap = 2;

  std::pair<int, int> sheet = {0, 0};             ///< rows and columns; complete after check()
  std::optional<std::pair<double, double>> range; ///< complete after check()

  void declare(Options& options);
  /// Throws UsageError for values that make no sense, alone or together. `output` is --output, the sheet's file.
  void check(const std::string& output);

  bool pictures() const { return !png.empty() || sheet_text; }
};

} // namespace stint
