#include "src/maze/ends.hpp"

#include "generative/training/uniforms.hpp"
#include "src/program/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace stint {
namespace {

double start_noise(MazeWorld world) { return world == MazeWorld::d4rl ? 0.1 : 1; }

Point beside(const Maze& maze, Cell cell, Uniforms& uniform) {
  const double noise = start_noise(maze.world());
  const Point centre = maze.centre(cell);
  const double x = 2 * uniform() - 1, y = 2 * uniform() - 1;
  return {centre.x + noise * x, centre.y + noise * y};
}

} // namespace

Point parse_place(const std::string& option, const std::string& text) {
  const char* const end = text.data() + text.size();
  Point place;
  const auto x = std::from_chars(text.data(), end, place.x);
  if (x.ec == std::errc{} && x.ptr != end && *x.ptr == ',') {
    const auto y = std::from_chars(x.ptr + 1, end, place.y);
    if (y.ec == std::errc{} && y.ptr == end && std::isfinite(place.x) && std::isfinite(place.y))
      return place;
  }
  throw UsageError(fmt::format("--{} is '{}', expected two numbers X,Y", option, text));
}

void check_place(const Maze& maze, const std::string& option, Point place) {
  if (maze.is_free(place, WallTest::physical))
    return;
  const Point near = maze.centre(maze.free_cell_at(place));
  throw UsageError(
      fmt::format("--{} is {:.6g},{:.6g}, inside a wall or so near that the ball does not fit; the nearest free "
                  "cell has its middle at {:.6g},{:.6g}",
                  option, place.x, place.y, near.x, near.y));
}

std::vector<std::vector<Point>> draw_places(const Maze& maze, const std::string& ends, std::int64_t pairs,
                                            std::int64_t between, std::uint64_t seed) {
  const auto& cells = maze.free_cells();
  const bool to_goal = ends == "goal", tasks = ends == "tasks";
  if (to_goal && !maze.goal())
    throw UsageError("--ends goal: the maze has no cell G");
  if (tasks && maze.tasks().empty())
    throw UsageError("--ends tasks: these are pairs of OGBench's mazes only");
  if (!tasks && std::ranges::none_of(cells, [&](Cell cell) {
        return std::ranges::any_of(cells, [&](Cell other) { return other != cell && maze.reachable(cell, other); });
      }))
    throw UsageError("no two free cells of the maze can be reached from each other");
  std::vector<std::vector<Point>> all;
  for (std::int64_t n = 0; n < pairs; ++n) {
    Uniforms uniform({seed, Purpose::places, static_cast<std::uint32_t>(n)}, 0);
    const auto any_cell = [&] { return cells[static_cast<std::size_t>(uniform.below(std::ssize(cells)))]; };
    const auto [task_start, task_goal] =
        tasks ? maze.tasks()[static_cast<std::size_t>(n) % maze.tasks().size()] : std::pair<Cell, Cell>{};
    const Cell goal = tasks ? task_goal : to_goal ? *maze.goal() : Cell{};
    std::vector<Point> places;
    Cell last;
    const auto add = [&](Cell cell) {
      places.push_back(beside(maze, cell, uniform));
      last = cell;
    };
    const auto joined = [&](Cell cell) { return cell != last && maze.reachable(cell, last); };
    const auto begins = [&](Cell cell) {
      return to_goal ? maze.reachable(cell, goal)
                     : std::ranges::any_of(cells, [&](Cell c) { return c != cell && maze.reachable(c, cell); });
    };
    Cell cell = tasks ? task_start : any_cell();
    while (!tasks && !begins(cell))
      cell = any_cell();
    add(cell);
    for (std::int64_t k = 0; k < between; ++k) {
      do
        cell = any_cell();
      while (!joined(cell));
      add(cell);
    }
    if (to_goal) {
      places.push_back(maze.centre(goal));
    } else if (tasks) {
      add(goal);
    } else {
      do
        cell = any_cell();
      while (!joined(cell));
      add(cell);
    }
    all.push_back(std::move(places));
  }
  return all;
}

} // namespace stint
