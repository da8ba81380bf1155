#pragma once
// Which places paths join, and how long they take: what a planner knows of a maze beyond one window.

#include "mazes/maze.hpp"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace stint {

/// A place to be at, `points` points of a path after the one before.
struct Stop {
  Point place;
  int points = 0;
};

/// A graph of places, learned from paths alone; it knows no walls. The plane is divided into squares. Two of them are
/// joined where paths pass through both, and the time between is the likeliest one: that about which most passages are.
class Roadmap {
public:
  /// `width`: of the squares, in the units of the paths. A pair of squares counts if it is passed through at least
  /// `least` times. Throws std::invalid_argument for widths <= 0.
  Roadmap(const std::vector<std::vector<Point>>& paths, double width, int least = 2);

  std::int64_t squares() const { return static_cast<std::int64_t>(centres_.size()); }
  std::int64_t joined() const { return static_cast<std::int64_t>(edges_.size()); } ///< ordered pairs of squares

  /// Whether paths have been at the place as a rule: in its square of half the width, `least` times or more and a tenth
  /// as often as in the mean of such squares. Rare visits, beside walls, are errors of the model as likely as not.
  bool visited(Point place) const;

  /// The quickest route by stops of at most `longest` points each, the last one at `to`; every stop costs
  /// `stop_cost` points beside its own. A place counts as the
  /// squares within one and a half of their width, or the nearest one. Empty if there is no route.
  std::vector<Stop> route(Point from, Point to, int longest, double stop_cost) const;

private:
  using Key = std::pair<std::int64_t, std::int64_t>;
  static Key key(Point place, double width);
  struct Edge {
    int to, points;
  };
  std::vector<int> squares_near(Point place) const;

  double width_;
  double enough_;                    // visits of a square
  std::map<Key, int> visits_;        // points of paths in squares of half the width
  std::vector<Point> centres_;       // of each square the path's point that is nearest to the mean
  std::vector<std::int64_t> begins_; // edges of square i: edges_[begins_[i]] to edges_[begins_[i + 1] - 1]
  std::vector<Edge> edges_;
};

} // namespace stint
