#pragma once
// How others made the paths that models of mazes learn from, made again.

#include "mazes/cell_routes.hpp"
#include "mazes/simulator.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace stint {

/// The recipes, in the world of a maze.
///   maze2d    D4RL's (scripts/generation/generate_maze2d_datasets.py with --noisy; waypoint_controller.py). A ball
///   goes
///             from target to target, drawn among the cells, each moved by U(-0.1, 0.1) an axis (the controller goes to
///             the cell's centre). The waypoints w are the centres of the cells on a shortest way, all but the last
///             moved by -U(0, 0.2) an axis. With p the ball's position and v its velocity
///               a = clip(clip(10 (w - p) - v) + noise N(0, 1)),  clip to [-1, 1] an axis;
///             the next waypoint is taken, and at the last one the next target, within 0.1 of w after a step of less
///             than 0.1; the next target also after `target_steps`. The ball stays where it is at a new target.
///   navigate  OGBench's (data_gen_scripts/generate_locomaze.py). Runs of their own that begin in a cell; goals are
///             drawn among the cells that are no straight corridor, a new one when the ball is within 1.0 of the goal.
///             Starts and goals are moved by U(-1, 1) an axis. a = clip(d + noise N(0, 1)) with d the direction to the
///             centre of the next cell on a shortest way, or of the goal's cell.
///   stitch    the same with one goal a run, a cell that is 4 cells away (the start's cell if there is none)
///
/// The published files of maze2d have the moments of noise 0.5. Without noise D4RL's script gives others
/// (docs/mazes.md).
enum class RecipeKind { maze2d, navigate, stitch };

struct Recipe {
  RecipeKind kind = RecipeKind::maze2d;
  double noise = 0.5;
  std::int64_t target_steps = 800; ///< of maze2d
  std::int64_t run_steps = 20'000; ///< of a run, which begins at a place of its own
  std::int64_t steps = 1'000'000;  ///< of a published file, all runs together
};

/// The recipe with the numbers of the published files: of maze2d 300, 600 and 800 steps a target for mazes of up to 25,
/// 64 and more cells, 1e6, 2e6 and 4e6 steps in all; D4RL's file is one run, ours has runs of 2e4 steps. Of navigate
/// 1000 runs of 1001 steps, from 150 cells on 500 of 2001; of stitch 5000 runs of 201. Throws std::invalid_argument if
/// the recipe belongs to another world.
Recipe standard_recipe(RecipeKind kind, const Maze& maze);

std::string_view name_of(RecipeKind kind);
/// Throws std::invalid_argument for another name.
RecipeKind recipe_named(std::string_view name);

/// A step of a recipe: what is observed, and what is done then. Float32, as files have it.
struct RecipeStep {
  float x, y, vx, vy;   ///< the ball before the step
  float ax, ay;         ///< the action
  float goal_x, goal_y; ///< where it is to go: the moved target
  bool at_goal;         ///< within facts(world).goal_tolerance of the maze's goal (maze2d), of goal_x, goal_y (others)
  bool last;            ///< of this target (maze2d) or of the run
};

/// Runs of a recipe. Every run has random numbers of its own, keyed by its number: results depend neither on the order
/// of runs nor on threads.
class RecipeRuns {
public:
  /// Throws std::invalid_argument if the recipe belongs to another world, or has noise below 0 or lengths below 1.
  RecipeRuns(const Maze& maze, const Recipe& recipe, std::uint64_t seed);

  /// Runs one after the other, from number `first` on; of the last of them only so many steps as `out` has room for.
  /// The last step of each run is marked as such. Quickest for `runs_in_step` runs and more.
  void make(std::uint32_t first, std::span<RecipeStep> out) const;
  static constexpr std::int64_t runs_in_step = 2;

private:
  Maze maze_;
  Recipe recipe_;
  std::uint64_t seed_;
  MazeSimulator simulator_;
  CellRoutes routes_;
  std::vector<Cell> vertices_; // free cells that are no straight corridor
};

} // namespace stint
