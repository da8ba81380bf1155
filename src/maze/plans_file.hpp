#pragma once
// Plans on disk: the format "stint-plans", version 1.
//
// clang-format off
//   /plans         (N, T, 2) float32: x and y at equal distances in time; after a plan's last point its goal is repeated
//   /first         the same for the plans as they were drawn first, before any retry
//   /points        (N) int64: points of each plan, 0 where none was found
//   /first_points  (N) int64: the same of /first
//   /start, /goal  (N, 2) float32
//   /places        (N, S, 2) float32: what was asked for, start, waypoints and goal; the goal is repeated
//   /stops         (N, S) int64: where in a plan the places are; -1 fills up
//   /retries       (N) int64: how often a plan was drawn again
//   /pair          (N) int64: plans with the same number join the same places
//   attributes     format, format_version, complete, kind "maze", maze (the layout), world, every (steps of the
//                  simulator from point to point), model, ends, seconds (of planning), retry_test, and the provenance
// clang-format on

#include "mazes/maze.hpp"
#include "src/program/provenance.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stint {

inline constexpr const char* plans_format = "stint-plans";

/// One path that was asked for.
struct PlanRow {
  std::vector<Point> points, first; ///< after the retries, and before; empty where no path was found
  Point start, goal;
  std::vector<Point> places; ///< start, waypoints and goal
  std::vector<std::int64_t> stops;
  std::int64_t retries = 0, pair = 0;
};

struct PlansFile {
  Maze maze = Maze::named("umaze");
  std::int64_t every = 1;
  std::string model, ends, retry_test;
  double seconds = 0;
  std::vector<PlanRow> rows;
};

/// Throws std::runtime_error where the file cannot be written.
void write_plans(const std::string& path, bool overwrite, const PlansFile& plans, const Provenance& provenance);

/// Throws std::runtime_error, one line naming the file, for one that is not whole or no such file.
PlansFile read_plans(const std::string& path);

} // namespace stint
