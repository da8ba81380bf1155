#include "mazes/shortest_paths.hpp"

#include <cmath>
#include <limits>
#include <queue>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double distance(Point a, Point b) { return std::hypot(a.x - b.x, a.y - b.y); }

} // namespace

ShortestPaths::ShortestPaths(const Maze& maze, WallTest test) : maze_(&maze), test_(test) {
  for (const Point corner : maze.corners(test)) {
    if (maze.is_free(corner, test))
      corners_.push_back(corner);
  }
  const auto count = static_cast<int>(corners_.size());
  std::vector<std::vector<std::pair<int, double>>> seen(corners_.size());
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < i; ++j) {
      if (!maze.is_free(corners_[i], corners_[j], test))
        continue;
      const double away = distance(corners_[i], corners_[j]);
      seen[i].emplace_back(j, away);
      seen[j].emplace_back(i, away);
    }
  }

  length_.assign(corners_.size() * corners_.size(), infinity);
  next_.assign(length_.size(), -1);
  using Reached = std::pair<double, int>;
  for (int target = 0; target < count; ++target) { // Dijkstra from the target, so that `next` leads to it
    const auto at = [&](int from) { return static_cast<std::size_t>(from) * count + target; };
    std::priority_queue<Reached, std::vector<Reached>, std::greater<>> open;
    length_[at(target)] = 0;
    next_[at(target)] = target;
    for (open.emplace(0, target); !open.empty();) {
      const auto [length, corner] = open.top();
      open.pop();
      if (length > length_[at(corner)])
        continue;
      for (const auto& [other, away] : seen[corner]) {
        if (length + away < length_[at(other)]) {
          length_[at(other)] = length + away;
          next_[at(other)] = corner;
          open.emplace(length + away, other);
        }
      }
    }
  }
}

ShortestPaths::Bend ShortestPaths::shortest(Point a, Point b) const {
  for (const Point p : {a, b}) {
    if (!maze_->is_free(p, test_))
      throw std::invalid_argument("the point (" + std::to_string(p.x) + ", " + std::to_string(p.y) +
                                  ") is in a wall or outside the maze");
  }
  if (maze_->is_free(a, b, test_))
    return {distance(a, b), -1, -1};
  std::vector<std::pair<int, double>> from_b;
  for (std::size_t j = 0; j < corners_.size(); ++j) {
    if (maze_->is_free(corners_[j], b, test_))
      from_b.emplace_back(static_cast<int>(j), distance(corners_[j], b));
  }
  Bend best{infinity, -1, -1};
  for (std::size_t i = 0; i < corners_.size(); ++i) {
    const double away = distance(a, corners_[i]);
    if (away >= best.length || !maze_->is_free(a, corners_[i], test_))
      continue;
    for (const auto& [j, rest] : from_b) {
      const double length = away + length_[i * corners_.size() + j] + rest;
      if (length < best.length)
        best = {length, static_cast<int>(i), j};
    }
  }
  return best;
}

double ShortestPaths::length(Point a, Point b) const { return shortest(a, b).length; }

std::vector<Point> ShortestPaths::path(Point a, Point b) const {
  const Bend bend = shortest(a, b);
  if (std::isinf(bend.length))
    return {};
  std::vector<Point> points{a};
  if (bend.first >= 0) {
    int corner = bend.first;
    for (; corner != bend.last; corner = next_[corner * corners_.size() + bend.last])
      points.push_back(corners_[corner]);
    points.push_back(corners_[corner]);
  }
  points.push_back(b);
  return points;
}

} // namespace stint
