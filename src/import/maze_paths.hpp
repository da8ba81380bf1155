#pragma once
// The paths of files of steps through mazes: D4RL's HDF5, OGBench's NPZ and those of 'stint maze generate'.

#include "mazes/maze.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stint {

/// Positions, step after step, and where a file says that something ends.
struct MazePaths {
  std::vector<Point> positions;
  std::vector<bool> ends;     ///< of each step: whether terminals or timeouts are set
  std::optional<Maze> maze;   ///< if the file says it
  std::int64_t run_steps = 0; ///< of every run but the last, if the file says it
};

/// Reads 'observations' (N, 2) or (N, 4), of which the first two columns are x and y, and 'terminals' and 'timeouts'
/// (N) where they are. Throws std::runtime_error, one line naming the file, for other files, other shapes, and
/// positions that are not finite.
MazePaths read_maze_paths(const std::string& path);

/// The steps [begin, end) of one run.
struct MazeRun {
  std::int64_t begin = 0, end = 0;

  std::int64_t steps() const { return end - begin; }
};

/// Where the ball was put elsewhere a new run begins: after `run_steps`, at a jump of more than
/// facts(world).largest_advance, and in OGBench's world after `ends`. D4RL's files mark new targets there, and the ball
/// goes on from where it is.
std::vector<MazeRun> runs_of(const MazePaths& paths, MazeWorld world);

} // namespace stint
