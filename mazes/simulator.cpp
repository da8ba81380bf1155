#include "mazes/simulator.hpp"

#include "mazes/point_mass.hpp"

#include <algorithm>

namespace stint {

MazeSimulator::MazeSimulator(const Maze& maze) : world_(maze.world()) {
  const auto world = facts(world_);
  const double below = world.cell / 2 + world.radius + world.offset;
  const double above = world.cell / 2 + world.radius - world.offset;
  const int along = world.x_along_rows ? maze.rows() : maze.columns();
  const int across = world.x_along_rows ? maze.columns() : maze.rows();
  for (int i = 0; i <= std::max(along, across); ++i) {
    low_.push_back(world.origin + world.cell * i - below);
    high_.push_back(world.origin + world.cell * (i - 1) + above);
  }
  constexpr double rounding = 1e-9; // zone() can take one off
  per_cell_ = 1 / world.cell;
  start_ = low_[0] - rounding;
  zones_ = 2 * across + 1;
  const auto wall = [&](int x, int y) { return !maze.is_free(world.x_along_rows ? Cell{x, y} : Cell{y, x}); };
  const auto first = [](int zone) { return zone % 2 == 0 ? zone / 2 - 1 : zone / 2; };
  for (int zx = 0; zx <= 2 * along; ++zx) {
    for (int zy = 0; zy < zones_; ++zy) {
      bool any = false;
      for (int x = first(zx); x <= zx / 2; ++x) {
        for (int y = first(zy); y <= zy / 2; ++y)
          any = any || wall(x, y);
      }
      blocked_.push_back(any);
    }
  }
}

int MazeSimulator::zone(double coordinate) const {
  int cell = static_cast<int>((coordinate - start_) * per_cell_);
  cell -= coordinate <= low_[cell] ? 1 : 0;
  return 2 * cell + (coordinate >= high_[cell] ? 1 : 0);
}

/// Where the ball stops that is on its way into a zone; of two cells, `first_blocks` and `second_blocks` say which.
double MazeSimulator::edge(int zone, bool upwards, bool first_blocks, bool second_blocks) const {
  const int last = zone / 2, before = last - 1;
  if (zone % 2 == 1)
    return upwards ? low_[last] : high_[last + 1];
  return upwards ? low_[first_blocks ? before : last] : high_[(second_blocks ? last : before) + 1];
}

void MazeSimulator::move(Pair& position, Pair& velocity, Pair by) const {
  const Pair end = position + by;
  int column = zone(end[0]);
  const int next = zone(end[1]);
  if (!blocked(column, next)) {
    position = end;
    return;
  }
  // The zone that has the wall of one of a zone's two cells alone is beside it.
  const int row = zone(position[1]);
  position = end;
  if (blocked(column, row)) {
    position[0] = edge(column, by[0] > 0, blocked(column - 1, row), blocked(column + 1, row));
    velocity[0] = 0;
    column = zone(position[0]);
  }
  if (blocked(column, next)) {
    position[1] = edge(next, by[1] > 0, blocked(column, next - 1), blocked(column, next + 1));
    velocity[1] = 0;
  }
}

void MazeSimulator::step(Pair& position, Pair& velocity, Pair action) const {
  using namespace point_mass;
  const Pair a = clipped(action, 1);
  if (world_ == MazeWorld::ogbench) {
    move(position, velocity, stride * a);
  } else {
    const Pair slow = clipped(velocity, most_speed);
    velocity = slow + gain * (gear * a - damping * slow);
    move(position, velocity, dt * velocity);
  }
}

Ball MazeSimulator::step(const Ball& ball, Point action) const {
  Pair position = pair_of(ball.position), velocity = pair_of(ball.velocity);
  step(position, velocity, pair_of(action));
  return {point_of(position), point_of(velocity)};
}

} // namespace stint
