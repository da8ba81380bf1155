#pragma once
// How soon a ball can be at a goal: what no plan can beat.

#include "mazes/maze.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace stint {

/// Time-optimal control of D4RL's ball in a maze, by a search of all motions on a lattice of positions and velocities.
///
/// With the unit of length h = 1/30, on whose multiples all edges of the physical walls lie, and the unit of time
/// tau = 8 h / u = 0.051 s, u the top speed along an axis, a step of the search keeps the acceleration of each axis at
/// -A, 0 or A with A = 2 h / tau^2 = 25.6. Velocities are then -4 ... 4 times u/4, displacements in a step whole
/// multiples of h, and no rounding is needed. Walls stop the ball along one axis as in MazeSimulator. The motor of the
/// real ball gives 23.8 from rest and brakes with up to 25.0, so the lattice's ball is a little stronger; it can change
/// its acceleration only every tau, so it is a little clumsier. In a straight corridor it arrives 0.8 steps of the
/// simulator before the real one.
///
/// The search is A* (Hart, Nilsson and Raphael, doi:10.1109/TSSC.1968.300136) with the distance in the maximum norm
/// round walls over u as its bound.
class FastestWays {
public:
  /// Throws std::invalid_argument unless the maze is of D4RL's world.
  explicit FastestWays(const Maze& maze);

  /// Steps of the simulator, not rounded, after which a ball that was at rest at `start` is within the goal's tolerance
  /// so that it can stay there; 0 if it begins there. None where it cannot get there, or a place is in a wall.
  std::optional<double> steps(Point start, Point goal) const;

private:
  struct State {
    int x, y, u, v; ///< in units of h and u/4
  };
  struct Motion {
    State state;
    double entry; ///< the part of the step after which the goal was reached; 2: not
  };
  struct Goal {
    double x, y, radius; ///< in units of h
    bool holds(int i, int j) const { return (i - x) * (i - x) + (j - y) * (j - y) <= radius * radius; }
  };

  bool free(int x, int y) const {
    return x >= 0 && x < along_ && y >= 0 && y < across_ && free_[static_cast<std::size_t>(x) * across_ + y];
  }
  Motion move(State state, int ax, int ay, const Goal& goal) const;
  bool can_stay(State state, const Goal& goal) const;
  std::vector<std::int16_t> bounds(const Goal& goal) const;
  std::optional<State> nearest_free(Point place) const;

  int along_, across_; // positions along x and y
  std::vector<std::uint8_t> free_;
};

} // namespace stint
