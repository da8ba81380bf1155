#pragma once
// Places to plan between.

#include "mazes/maze.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stint {

/// "X,Y", two finite numbers. Throws UsageError naming the option.
Point parse_place(const std::string& option, const std::string& text);

/// Throws UsageError, naming the option, unless the place lies out of walls.
void check_place(const Maze& maze, const std::string& option, Point place);

/// Places of `pairs` paths, each of a start, `between` waypoints and a goal.
///   random  free cells that can be reached from each other, two in a row never the same, each in the middle but for
///           U(-0.1, 0.1) an axis (OGBench: U(-1, 1)), as the simulators begin
///   goal    the same, and the maze's own goal at the end
///   tasks   OGBench's five pairs in turn, with its noise
/// A function of the seed and the number of the pair. Throws UsageError where the maze has no such places.
std::vector<std::vector<Point>> draw_places(const Maze& maze, const std::string& ends, std::int64_t pairs,
                                            std::int64_t between, std::uint64_t seed);

} // namespace stint
