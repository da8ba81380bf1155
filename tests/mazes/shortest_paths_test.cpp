// Shortest ways against lengths known by hand and against a fine grid.

#include "mazes/shortest_paths.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <queue>
#include <random>
#include <stdexcept>

namespace stint {
namespace {

constexpr auto centre = WallTest::centre, physical = WallTest::physical;

// Round the middle walls of the U, which end at y = 2.5 and cover x from 1.5 to 2.5.
TEST(ShortestPaths, UByHand) {
  const Maze maze = Maze::named("umaze");
  const ShortestPaths paths(maze, centre);
  EXPECT_DOUBLE_EQ(paths.length({1, 1}, {1, 3}), 2);
  EXPECT_NEAR(paths.length({1, 1}, {3, 1}), 2 * std::hypot(0.5, 1.5) + 1, 1e-12);
  const auto path = paths.path({1, 1}, {3, 1});
  ASSERT_EQ(path.size(), 4U);
  EXPECT_EQ(path[1], (Point{1.5, 2.5}));
  EXPECT_EQ(path[2], (Point{2.5, 2.5}));
}

// The ball's walls of the U end at y = 2.4 and cover x from 1.2 to 2.4.
TEST(ShortestPaths, UWithTheBall) {
  const Maze maze = Maze::named("umaze");
  const ShortestPaths paths(maze, physical);
  EXPECT_NEAR(paths.length({1, 1}, {3, 1}), std::hypot(0.2, 1.4) + 1.2 + std::hypot(0.6, 1.4), 1e-12);
}

/// Dijkstra on the points of a grid of spacing h that see each other at knight's moves: at most 2.8 % longer.
double on_grid(const Maze& maze, WallTest test, Point a, Point b, double h) {
  const int reach = static_cast<int>(16 / h);
  const auto point = [&](int i, int j) { return Point{a.x + i * h, a.y + j * h}; };
  std::vector<double> length((2 * reach + 1) * (2 * reach + 1), 1e9);
  const auto at = [&](int i, int j) -> double& { return length[(i + reach) * (2 * reach + 1) + j + reach]; };
  using Reached = std::tuple<double, int, int>;
  std::priority_queue<Reached, std::vector<Reached>, std::greater<>> open;
  at(0, 0) = 0;
  open.emplace(0, 0, 0);
  double best = 1e9;
  while (!open.empty()) {
    const auto [l, i, j] = open.top();
    open.pop();
    if (l > at(i, j))
      continue;
    if (std::hypot(point(i, j).x - b.x, point(i, j).y - b.y) < 2 * h && maze.is_free(point(i, j), b, test))
      best = std::min(best, l + std::hypot(point(i, j).x - b.x, point(i, j).y - b.y));
    for (int di = -2; di <= 2; ++di) {
      for (int dj = -2; dj <= 2; ++dj) {
        const double further = l + h * std::hypot(di, dj);
        if (std::abs(i + di) > reach || std::abs(j + dj) > reach || further >= at(i + di, j + dj) ||
            !maze.is_free(point(i, j), point(i + di, j + dj), test))
          continue;
        at(i + di, j + dj) = further;
        open.emplace(further, i + di, j + dj);
      }
    }
  }
  return best;
}

TEST(ShortestPaths, AgreesWithAFineGrid) {
  const Maze maze = Maze::named("medium");
  std::mt19937 random(5);
  std::uniform_int_distribution<std::size_t> any(0, maze.free_cells().size() - 1);
  std::uniform_real_distribution<double> shift(-0.19, 0.19);
  for (const WallTest test : {centre, physical}) {
    const ShortestPaths paths(maze, test);
    for (int trial = 0; trial < 6; ++trial) {
      Point a = maze.centre(maze.free_cells()[any(random)]), b = maze.centre(maze.free_cells()[any(random)]);
      a = {a.x + shift(random), a.y + shift(random)};
      b = {b.x + shift(random), b.y + shift(random)};
      const double exact = paths.length(a, b), grid = on_grid(maze, test, a, b, 0.1);
      EXPECT_LT(exact, grid + 1e-9);
      EXPECT_GT(exact, 0.97 * grid - 0.2); // knight's moves: 2.8 %; rounding corners
    }
  }
}

// A way is free of walls, as long as it says, no longer than that through the centres of cells, and the same backwards.
TEST(ShortestPaths, WaysAreFreeAndAsLongAsTheySay) {
  for (const auto name : Maze::names()) {
    const Maze maze = Maze::named(name);
    for (const WallTest test : {centre, physical}) {
      const ShortestPaths paths(maze, test);
      const auto steps = maze.steps_to(maze.free_cells().front());
      const Point a = maze.centre(maze.free_cells().front());
      for (const Cell cell : maze.free_cells()) {
        const Point b = maze.centre(cell);
        const auto path = paths.path(a, b);
        ASSERT_GE(path.size(), 2U);
        double length = 0;
        for (std::size_t i = 1; i < path.size(); ++i) {
          EXPECT_TRUE(maze.is_free(path[i - 1], path[i], test)) << name;
          length += std::hypot(path[i].x - path[i - 1].x, path[i].y - path[i - 1].y);
        }
        EXPECT_NEAR(length, paths.length(a, b), 1e-9);
        EXPECT_NEAR(length, paths.length(b, a), 1e-9);
        EXPECT_LE(length, facts(maze.world()).cell * steps[cell.row * maze.columns() + cell.column] + 1e-9);
      }
    }
  }
}

TEST(ShortestPaths, NoWayAndBadEnds) {
  const Maze maze = Maze::from_text("#####\\#O#O#\\#####");
  const ShortestPaths paths(maze, centre);
  EXPECT_TRUE(std::isinf(paths.length({1, 1}, {1, 3})));
  EXPECT_TRUE(paths.path({1, 1}, {1, 3}).empty());
  EXPECT_THROW(paths.length({1, 1}, {1, 2}), std::invalid_argument);
}

} // namespace
} // namespace stint
