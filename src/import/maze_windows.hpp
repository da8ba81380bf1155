#pragma once
// Paths through a maze become an ensemble of the kind "maze": windows of equally spaced points.

#include "src/import/maze_paths.hpp"
#include "src/program/provenance.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace stint {

/// How runs are cut.
struct MazeWindows {
  std::int64_t points = 50; ///< of a window
  std::int64_t every = 6;   ///< steps from point to point
  std::int64_t shift = 30;  ///< steps from window to window

  std::int64_t steps() const { return (points - 1) * every + 1; } ///< that a window spans
};

struct MazeImport {
  Maze maze;
  MazeWindows windows;
  std::int64_t first = 0;            ///< windows that are left out
  std::optional<std::int64_t> limit; ///< at most so many of those that follow
  std::string source;                ///< the file as the user named it
  bool show_progress = true;
};

/// What import_maze() has made.
struct MazeImportCount {
  std::int64_t windows = 0, runs = 0;
  std::int64_t short_runs = 0; ///< shorter than a window: left out
};

/// Writes /configurations (N, 2, points) float32, all x before all y; /chain, the number of the run; /trajectory, the
/// first step's number in its run; and the attributes maze, world, every, source and digest. Windows are in the order
/// of the file. The file is whole or absent. Throws std::runtime_error, one line naming the source, if no run is as
/// long as a window, if all windows are left out, or if more than a twentieth of the positions lie in the walls of the
/// maze.
MazeImportCount import_maze(const MazePaths& paths, const MazeImport& what, const std::string& output, bool overwrite,
                            const Provenance& provenance);

} // namespace stint
