#pragma once
// The options of stint import.

#include "src/files/ensemble_file.hpp"
#include "src/import/maze_windows.hpp"
#include "src/import/picture_source.hpp"
#include "src/import/preparation.hpp"
#include "src/program/couplings.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace stint {

class Options;

struct ImportSettings {
  std::string idx, labels, folder, partition, npy, maze;
  bool transpose = false;
  std::string layout = "auto", range_text;
  std::int64_t most_pixels = 40'000'000;

  std::string crop, size, split;
  bool grey = false, colour = false;

  std::string kind = "image";
  CouplingOptions couplings;
  std::int64_t chains = 1, distance = 1;
  bool interleaved = false;

  MazeWindows windows;
  std::string world;

  std::int64_t first = 0;
  std::optional<std::int64_t> limit;

  void declare(Options& options);
  /// Throws UsageError for values that make no sense, alone or together.
  void check(const Options& options) const;

  bool fields() const { return kind == phi4_kind; }
  bool paths() const { return !maze.empty(); }
  Preparation preparation() const; ///< throws UsageError as check() does
  std::string source() const;      ///< the file or folder as the user named it

  /// The pictures. Throws std::runtime_error, one line naming the file.
  std::unique_ptr<PictureSource> open() const;

  /// The maze of --layout, else that of the file. Throws UsageError if there is none.
  Maze maze_for(const MazePaths& found) const;

  /// How many of the source's `total` pictures or fields are taken. Throws UsageError if none is.
  std::int64_t count_of(std::int64_t total) const;

private:
  std::optional<std::pair<double, double>> range() const;
  void check_source(const Options& options) const;
  void check_fields(const Options& options) const;
  void check_paths(const Options& options) const;
};

} // namespace stint
