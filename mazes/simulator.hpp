#pragma once
// The ball that moves in a maze, step by step.

#include "mazes/maze.hpp"
#include "mazes/pair.hpp"

#include <cstdint>
#include <vector>

namespace stint {

/// The observed point of a ball and its velocity, in the units of the maze and seconds.
struct Ball {
  Point position, velocity;

  bool operator==(const Ball&) const = default;
};

/// What the simulators of D4RL and OGBench do in a step, without MuJoCo. Actions a are clipped to [-1, 1] an axis.
///
/// D4RL, a mass with friction and a motor (maze_model.py), of m = 1000 (4/3) pi 0.1^3 = 4.18879 and dt = 0.01 s:
///   v is clipped to [-5, 5],  v += dt (100 a - v) / (m + dt),  x += dt v
/// (dt in the denominator is MuJoCo's implicit damping).
///
/// OGBench (point.py): x += 0.2 a; the velocity stays 0.
///
/// Walls stop the ball without friction and bounce. Where a step would end in a region that WallTest::physical keeps
/// out, x moves first and then y, and what would enter stops at the edge and loses the velocity along its axis.
/// MuJoCo's contacts are soft: there the ball goes some 0.04 deep in D4RL and 0.1 in OGBench, and rounds corners.
class MazeSimulator {
public:
  explicit MazeSimulator(const Maze& maze);

  /// The ball a step later. Its position must be free in the physical test.
  Ball step(const Ball& ball, Point action) const;
  /// The same for loops of many steps, in place.
  void step(Pair& position, Pair& velocity, Pair action) const;

private:
  // The edges of walls' regions cut either axis into zones: in zone 2 i + 1 the wall of cell i alone would keep the
  // ball out, in zone 2 i those of cells i - 1 and i.
  int zone(double coordinate) const;
  bool blocked(int zone_x, int zone_y) const { return blocked_[static_cast<std::size_t>(zone_x) * zones_ + zone_y]; }
  double edge(int zone, bool upwards, bool first_blocks, bool second_blocks) const;
  void move(Pair& position, Pair& velocity, Pair by) const;

  MazeWorld world_;
  double start_, per_cell_;           // (coordinate - start) per_cell is the last cell whose region may contain it
  std::vector<double> low_, high_;    // edges of the region of the wall at i, or i - 1 for high_
  int zones_;                         // along y
  std::vector<std::uint8_t> blocked_; // [zone of x][zone of y]
};

} // namespace stint
