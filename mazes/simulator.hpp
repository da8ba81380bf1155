#pragma once
// The ball that moves in a maze, step by step.

#include "mazes/maze.hpp"

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
/// Walls stop the ball without friction and bounce, axis by axis: x moves first. On the way into a region that
/// WallTest::physical keeps out, the ball stops at its edge and loses the velocity along this axis. MuJoCo's contacts
/// are soft: there the ball goes some 0.04 deep in D4RL and 0.1 in OGBench, and rounds corners.
class MazeSimulator {
public:
  explicit MazeSimulator(const Maze& maze);

  /// The ball a step later. Its position must be free in the physical test.
  Ball step(Ball ball, Point action) const;

private:
  struct Indices {
    int values[2];
    int count = 0;
  };
  Indices covering(double coordinate) const;
  bool wall(int x, int y) const { return walls_[static_cast<std::size_t>(x) * across_ + y]; }
  void move_x(Ball& ball, double by) const;
  void move_y(Ball& ball, double by) const;

  MazeWorld world_;
  double start_, per_cell_;         // (coordinate - start) per_cell is the last index that may cover it
  std::vector<double> low_, high_;  // of the walls' regions along either axis, by index
  int across_;                      // cells along y
  std::vector<std::uint8_t> walls_; // [x][y]
};

} // namespace stint
