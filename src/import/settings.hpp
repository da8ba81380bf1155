#pragma once
// The options of stint import.

#include "src/import/picture_source.hpp"
#include "src/import/preparation.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace stint {

class Options;

struct ImportSettings {
  std::string idx, labels;
  bool transpose = false;

  std::string crop, size, split;
  bool grey = false, colour = false;

  std::int64_t first = 0;
  std::optional<std::int64_t> limit;

  void declare(Options& options);
  /// Throws UsageError for values that make no sense, alone or together.
  void check() const;

  Preparation preparation() const;             ///< throws UsageError as check() does
  std::string source() const;                  ///< the file or folder as the user named it
  std::unique_ptr<PictureSource> open() const; ///< throws std::runtime_error, one line naming the file
};

} // namespace stint
