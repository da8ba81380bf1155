#pragma once
// Shortest ways between points of a maze.

#include "mazes/maze.hpp"

#include <vector>

namespace stint {

/// Shortest ways in the region that a wall test leaves free, by the visibility graph: a shortest way among rectangles
/// is straight between its ends and corners of the rectangles (Lozano-Perez and Wesley,
/// doi:10.1145/359156.359164). Exact but for the maze's slack(), 1e-6 of a cell.
///
/// The constructor tests all pairs of corners for sight and finds all shortest ways between corners: C^2 tests and
/// C times Dijkstra for C corners. A question then takes C tests an end.
class ShortestPaths {
public:
  /// Keeps a reference to `maze`.
  ShortestPaths(const Maze& maze, WallTest test);

  /// The length of a shortest way from a to b, in the units of the maze; infinity where there is none. Throws
  /// std::invalid_argument if a or b is not free.
  double length(Point a, Point b) const;

  /// The points of a shortest way: a, the corners that it bends at, b. Empty where there is none. Throws as length().
  std::vector<Point> path(Point a, Point b) const;

private:
  struct Bend {
    double length;
    int first, last; ///< corners; -1 for a straight way
  };
  Bend shortest(Point a, Point b) const;

  const Maze* maze_;
  WallTest test_;
  std::vector<Point> corners_;
  std::vector<double> length_; // between corners
  std::vector<int> next_;      // [from][to]: the corner after `from` on the way to `to`
};

} // namespace stint
