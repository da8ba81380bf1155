#pragma once
// Which ways between two points are the same but for bending.

#include "mazes/way.hpp"

#include <span>
#include <vector>

namespace stint {

/// Homotopy classes of ways: two free ways with the same ends are of one class if one can be bent into the other
/// without crossing a wall. An island is a group of walls, neighbours at a corner included, that does not touch the
/// border. From every island a ray goes out of the maze. The rays are parallel and do not meet, so the maze without
/// walls and rays has no holes, and the class is the sequence of rays that the way crosses, each with the side from
/// which it comes, after a crossing and the opposite one next to it are struck out as often as there are such.
/// (Grigoriev and Slissenko, doi:10.1145/281508.281528, for obstacles that are polygons.)
class WayClasses {
public:
  explicit WayClasses(const Maze& maze);

  /// Islands round which ways can differ.
  std::size_t islands() const { return rays_.size(); }

  /// The class: +(i + 1) for a crossing of the ray of island i towards larger y, -(i + 1) for the opposite.
  using Word = std::vector<int>;
  Word of(std::span<const Point> way) const;

private:
  std::vector<Point> rays_; // where each begins; they go on to infinite x
};

} // namespace stint
