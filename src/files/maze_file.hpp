#pragma once
// Files of steps through mazes, as D4RL has them (https://github.com/Farama-Foundation/D4RL/wiki/Tasks), and the
// attributes by which files of ours name their maze.
//
//   /observations  (N, 4) float32: x, y, vx, vy before the step; (N, 2): x, y in OGBench's world
//   /actions       (N, 2) float32
//   /rewards       (N) float32: 1 within the tolerance of the maze's goal (D4RL) or of /infos/goal (OGBench), else 0
//   /terminals     (N) bool: false
//   /timeouts      (N) bool: the last step before a new target, and the last of a run
//   /infos/goal, /infos/qpos, /infos/qvel  (N, 2) float32
//   attributes     format, format_version, complete, maze, world, recipe, noise, target_steps, run_steps and the
//   provenance

#include "mazes/recipe.hpp"
#include "src/files/atomic_file.hpp"
#include "src/files/hdf5.hpp"
#include "src/program/provenance.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint {

inline constexpr const char* maze_kind = "maze"; ///< attribute "kind" of ensembles of paths through mazes

inline constexpr const char* maze_data_format = "stint-maze-data"; ///< attribute "format"

/// The attributes maze (the layout in one line) and world.
void write_maze(hdf5::File& file, const Maze& maze);
/// Nothing if the file has no attribute maze. Throws std::runtime_error, one line naming the file, for a layout or a
/// world that makes no sense.
std::optional<Maze> read_maze(const hdf5::File& file);

/// Writes the steps of a recipe, one after the other. The file gets its final name in commit(); without it nothing is
/// left behind.
class MazeDataWriter {
public:
  /// Throws std::runtime_error as AtomicFile does.
  MazeDataWriter(const std::string& path, bool overwrite, const Maze& maze, const Recipe& recipe, std::int64_t steps,
                 const Provenance& provenance);

  void append(std::span<const RecipeStep> steps);
  /// Throws std::logic_error unless all steps have been appended.
  void commit();

private:
  hdf5::Dataset create(const std::string& name, std::int64_t columns, bool truth_values = false);

  AtomicFile target_;
  hdf5::File file_;
  std::int64_t steps_, appended_ = 0;
  bool velocities_; // are observed
  hdf5::Dataset observations_, actions_, rewards_, terminals_, timeouts_, goal_, position_, velocity_;
};

} // namespace stint
