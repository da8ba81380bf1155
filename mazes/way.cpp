#include "mazes/way.hpp"

#include <algorithm>
#include <cmath>

namespace stint {

double distance(Point a, Point b) { return std::hypot(a.x - b.x, a.y - b.y); }

double length(std::span<const Point> way) {
  double sum = 0;
  for (std::size_t t = 1; t < way.size(); ++t)
    sum += distance(way[t - 1], way[t]);
  return sum;
}

double roughness(std::span<const Point> way) {
  if (way.size() < 3)
    return 0;
  double sum = 0;
  for (std::size_t t = 1; t + 1 < way.size(); ++t) {
    const double x = way[t - 1].x - 2 * way[t].x + way[t + 1].x, y = way[t - 1].y - 2 * way[t].y + way[t + 1].y;
    sum += x * x + y * y;
  }
  return sum / static_cast<double>(way.size() - 2);
}

Way resampled(std::span<const Point> way, std::size_t count) {
  const double step = length(way) / static_cast<double>(count - 1);
  Way points;
  points.reserve(count);
  std::size_t t = 0;
  double before = 0; // the length up to point t
  for (std::size_t k = 0; k + 1 < count; ++k) {
    const double wanted = step * static_cast<double>(k);
    double here = t + 1 < way.size() ? distance(way[t], way[t + 1]) : 0;
    for (; t + 2 < way.size() && before + here < wanted; here = distance(way[t], way[t + 1])) {
      before += here;
      ++t;
    }
    const double part = here > 0 ? std::min((wanted - before) / here, 1.0) : 0;
    const Point a = way[t], b = way[std::min(t + 1, way.size() - 1)];
    points.push_back({a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)});
  }
  points.push_back(way.back());
  return points;
}

double mean_distance(std::span<const Point> a, std::span<const Point> b) {
  constexpr std::size_t count = 101;
  const Way one = resampled(a, count), other = resampled(b, count);
  double sum = 0;
  for (std::size_t k = 0; k < count; ++k)
    sum += distance(one[k], other[k]);
  return sum / static_cast<double>(count);
}

bool points_free(const Maze& maze, std::span<const Point> way, WallTest test) {
  return !way.empty() && std::ranges::all_of(way, [&](Point point) { return maze.is_free(point, test); });
}

bool segments_free(const Maze& maze, std::span<const Point> way, WallTest test) {
  if (way.empty() || !maze.is_free(way.front(), test))
    return false;
  for (std::size_t t = 1; t < way.size(); ++t) {
    if (!maze.is_free(way[t - 1], way[t], test))
      return false;
  }
  return true;
}

} // namespace stint
