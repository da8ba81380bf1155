#pragma once
// What can be said of a way: a polyline through its points.

#include "mazes/maze.hpp"

#include <span>
#include <vector>

namespace stint {

/// Points in the order in which they are passed, at equal distances in time.
using Way = std::vector<Point>;

double distance(Point a, Point b);

/// The sum of the distances from point to point; 0 for less than two.
double length(std::span<const Point> way);

/// The mean of |p[t-1] - 2 p[t] + p[t+1]|^2 over t: the mean squared acceleration, in units of the spacing in time. 0
/// for less than three points.
double roughness(std::span<const Point> way);

/// `count` points of the polyline at equal distances along it, both ends among them. `way` has at least one point,
/// `count` is at least 2.
Way resampled(std::span<const Point> way, std::size_t count);

/// The mean distance between points at equal fractions of the two lengths, 101 of them.
double mean_distance(std::span<const Point> a, std::span<const Point> b);

/// Whether all points are free, or all of the polyline. A way without points is not.
bool points_free(const Maze& maze, std::span<const Point> way, WallTest test);
bool segments_free(const Maze& maze, std::span<const Point> way, WallTest test);

} // namespace stint
