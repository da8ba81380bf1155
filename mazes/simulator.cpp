#include "mazes/simulator.hpp"

#include "mazes/point_mass.hpp"

#include <algorithm>

namespace stint {

MazeSimulator::MazeSimulator(const Maze& maze) : world_(maze.world()) {
  const auto world = facts(world_);
  const double below = world.cell / 2 + world.radius + world.offset;
  const double above = world.cell / 2 + world.radius - world.offset;
  for (int i = 0; i < std::max(maze.rows(), maze.columns()); ++i) {
    low_.push_back(world.origin + world.cell * i - below);
    high_.push_back(world.origin + world.cell * i + above);
  }
  constexpr double rounding = 1e-9; // one index too many does no harm
  per_cell_ = 1 / world.cell;
  start_ = low_[0] - rounding;
  const int along = world.x_along_rows ? maze.rows() : maze.columns();
  across_ = world.x_along_rows ? maze.columns() : maze.rows();
  for (int x = 0; x < along; ++x) {
    for (int y = 0; y < across_; ++y)
      walls_.push_back(!maze.is_free(world.x_along_rows ? Cell{x, y} : Cell{y, x}));
  }
}

/// The cells whose region as walls has the coordinate inside: at most two, since regions are narrower than two cells.
MazeSimulator::Indices MazeSimulator::covering(double coordinate) const {
  Indices found;
  const int last = static_cast<int>((coordinate - start_) * per_cell_);
  for (int i = std::max(last - 1, 0); i <= last; ++i) {
    if (low_[i] < coordinate && coordinate < high_[i])
      found.values[found.count++] = i;
  }
  return found;
}

void MazeSimulator::move_x(Ball& ball, double by) const {
  const double wanted = ball.position.x + by;
  const Indices columns = covering(wanted), rows = covering(ball.position.y);
  for (int i = 0; i < columns.count; ++i) {
    const int x = columns.values[by > 0 ? i : columns.count - 1 - i];
    for (int j = 0; j < rows.count; ++j) {
      if (by != 0 && wall(x, rows.values[j])) {
        ball.position.x = by > 0 ? low_[x] : high_[x];
        ball.velocity.x = 0;
        return;
      }
    }
  }
  ball.position.x = wanted;
}

void MazeSimulator::move_y(Ball& ball, double by) const {
  const double wanted = ball.position.y + by;
  const Indices columns = covering(ball.position.x), rows = covering(wanted);
  for (int j = 0; j < rows.count; ++j) {
    const int y = rows.values[by > 0 ? j : rows.count - 1 - j];
    for (int i = 0; i < columns.count; ++i) {
      if (by != 0 && wall(columns.values[i], y)) {
        ball.position.y = by > 0 ? low_[y] : high_[y];
        ball.velocity.y = 0;
        return;
      }
    }
  }
  ball.position.y = wanted;
}

Ball MazeSimulator::step(Ball ball, Point action) const {
  const Point a{std::clamp(action.x, -1.0, 1.0), std::clamp(action.y, -1.0, 1.0)};
  if (world_ == MazeWorld::ogbench) {
    move_x(ball, point_mass::stride * a.x);
    move_y(ball, point_mass::stride * a.y);
    return ball;
  }
  using namespace point_mass;
  const auto faster = [](double v, double force) {
    const double clipped = std::clamp(v, -most_speed, most_speed);
    return clipped + gain * (gear * force - damping * clipped);
  };
  ball.velocity = {faster(ball.velocity.x, a.x), faster(ball.velocity.y, a.y)};
  move_x(ball, dt * ball.velocity.x);
  move_y(ball, dt * ball.velocity.y);
  return ball;
}

} // namespace stint
