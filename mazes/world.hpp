#pragma once
// The two families of mazes that the field compares on, and what they fix: how cells lie in the plane, the ball, the
// goal.

#include <string_view>

namespace stint {

/// A point in the plane, in the units of the maze's observations.
struct Point {
  double x = 0, y = 0;

  bool operator==(const Point&) const = default;
};

/// Which simulator the coordinates belong to.
///   d4rl     maze2d of D4RL (Fu et al., arXiv:2004.07219; d4rl/pointmaze/maze_model.py): x runs along the rows, cells
///            of side 1 with the centre (row, column)
///   ogbench  pointmaze of OGBench (Park et al., arXiv:2410.20092; ogbench/locomaze/maze.py): x runs along the columns,
///            cells of side 4 with the centre (4 column - 4, 4 row - 4)
enum class MazeWorld { d4rl, ogbench };

/// What a world fixes.
struct WorldFacts {
  std::string_view name;  ///< "d4rl", "ogbench"
  double cell;            ///< side of a cell
  double origin;          ///< x and y of the centre of the cell (0, 0)
  bool x_along_rows;      ///< whether x grows with the row or with the column
  double radius;          ///< of the ball
  double offset;          ///< x and y of the ball's centre minus those of the observed point
  double step;            ///< seconds from observation to observation
  double goal_tolerance;  ///< the goal is reached within this distance of the observed point
  double largest_advance; ///< no step moves the observed point further, with room for contacts and rounding
};

/// `offset`: D4RL's body begins at (1.2, 1.2) and the wall of the cell (w, h) is centred at (w + 1, h + 1).
/// `largest_advance`: speeds of 5 an axis are 0.07 in D4RL's 0.01 s, doubled because its recipe repeats an observation
/// at a new target; OGBench moves by at most 0.2 an axis.
constexpr WorldFacts facts(MazeWorld world) {
  if (world == MazeWorld::d4rl)
    return {"d4rl", 1, 0, true, 0.1, 0.2, 0.01, 0.5, 0.2};
  return {"ogbench", 4, -4, false, 0.7, 0, 0.1, 1, 0.6};
}

/// The world of that name. Throws std::invalid_argument for another name.
MazeWorld world_named(std::string_view name);

} // namespace stint
