#include "mazes/simulator.hpp"

#include "mazes/point_mass.hpp"

#include <algorithm>

namespace stint {
namespace {

/// Without branches, unlike std::clamp: noise would mislead their prediction.
double clipped(double value, double most) { return std::max(-most, std::min(most, value)); }

} // namespace

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

void MazeSimulator::move(Ball& ball, Point by) const {
  const double x = ball.position.x + by.x, y = ball.position.y + by.y;
  int column = zone(x);
  const int next = zone(y);
  if (!blocked(column, next)) {
    ball.position = {x, y};
    return;
  }
  // The zone that has the wall of one of a zone's two cells alone is beside it.
  const int row = zone(ball.position.y);
  ball.position.x = x;
  if (blocked(column, row)) {
    ball.position.x = edge(column, by.x > 0, blocked(column - 1, row), blocked(column + 1, row));
    ball.velocity.x = 0;
    column = zone(ball.position.x);
  }
  ball.position.y = y;
  if (blocked(column, next)) {
    ball.position.y = edge(next, by.y > 0, blocked(column, next - 1), blocked(column, next + 1));
    ball.velocity.y = 0;
  }
}

Ball MazeSimulator::step(Ball ball, Point action) const {
  const Point a{clipped(action.x, 1), clipped(action.y, 1)};
  if (world_ == MazeWorld::ogbench) {
    move(ball, {point_mass::stride * a.x, point_mass::stride * a.y});
    return ball;
  }
  using namespace point_mass;
  const auto faster = [](double v, double force) {
    const double slow = clipped(v, most_speed);
    return slow + gain * (gear * force - damping * slow);
  };
  ball.velocity = {faster(ball.velocity.x, a.x), faster(ball.velocity.y, a.y)};
  move(ball, {dt * ball.velocity.x, dt * ball.velocity.y});
  return ball;
}

} // namespace stint
