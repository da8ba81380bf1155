// Time-optimal ways against closed forms, and against plans that are followed.

#include "mazes/episode.hpp"
#include "mazes/fastest.hpp"
#include "mazes/point_mass.hpp"
#include "mazes/shortest_paths.hpp"
#include "tests/mazes/random_pairs.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

using namespace point_mass;

/// From rest: acceleration to the top speed and on, or acceleration alone.
double steps_straight(double far) {
  const double speeding = top_speed * top_speed / (2 * acceleration);
  return (far < speeding ? std::sqrt(2 * far / acceleration)
                         : top_speed / acceleration + (far - speeding) / top_speed) /
         dt;
}

TEST(FastestWays, StraightCorridorsInClosedForm) {
  const Maze maze = Maze::from_text("####################\\#OOOOOOOOOOOOOOOOOO#\\####################");
  const FastestWays ways(maze);
  for (const double far : {2.0, 5.0, 10.0, 16.0}) {
    const auto steps = ways.steps({1, 1}, {1, 1 + far + 0.5});
    ASSERT_TRUE(steps);
    EXPECT_NEAR(*steps, steps_straight(far), 1.5) << far;
    EXPECT_LT(*steps, steps_straight(far) + 0.5) << far;
  }
  EXPECT_EQ(ways.steps({1, 1}, {1, 1.4}), 0);
}

// Nothing keeps the two axes from running at once.
TEST(FastestWays, DiagonalsAreAsFastAsTheirLongerSide) {
  const Maze maze = Maze::from_text("########\\#OOOOOO#\\#OOOOOO#\\#OOOOOO#\\#OOOOOO#\\#OOOOOO#\\#OOOOOO#\\########");
  const auto steps = FastestWays(maze).steps({1, 1}, {6, 6});
  ASSERT_TRUE(steps);
  EXPECT_NEAR(*steps, steps_straight(5 - 0.5 / std::sqrt(2.0)), 1.5);
}

// Into the wall at the end of one arm while speeding up along the other costs less than stopping, and no less than
// nothing.
TEST(FastestWays, CornersCostSomeTime) {
  const Maze maze = Maze::from_text("########\\#OOOOOO#\\######O#\\######O#\\######O#\\######O#\\######O#\\########");
  const auto steps = FastestWays(maze).steps({1, 1}, {6, 6});
  ASSERT_TRUE(steps);
  EXPECT_GT(*steps, steps_straight(4.5) + steps_straight(4.5) - 40);
  EXPECT_LT(*steps, 2 * steps_straight(5));
}

TEST(FastestWays, NoneThroughWalls) {
  const Maze apart = Maze::from_text("#####\\#O#O#\\#####");
  EXPECT_FALSE(FastestWays(apart).steps({1, 1}, {1, 3}));
  EXPECT_FALSE(FastestWays(apart).steps({1, 1}, {1, 2}));
  EXPECT_THROW(FastestWays(Maze::named("ogbench-medium")), std::invalid_argument);
}

class D4rlMaze : public testing::TestWithParam<std::string_view> {};

TEST_P(D4rlMaze, NoPlanIsFaster) {
  const Maze maze = Maze::named(GetParam());
  const MazeSimulator simulator(maze);
  const FastestWays ways(maze);
  double sum = 0, least = 0;
  for (const auto& [start, goal, shortest] : random_pairs(maze, 20)) {
    const Way plan = resampled(shortest, static_cast<std::size_t>(length(shortest) / 0.2) + 2);
    const auto episode = run_episode(maze, simulator, plan, 6, Follow::path, start, goal, 1000, true);
    const auto steps = ways.steps(start, goal);
    ASSERT_TRUE(steps);
    EXPECT_LE(*steps, static_cast<double>(episode.reached) + 0.5) << start.x << ' ' << start.y;
    sum += static_cast<double>(episode.reached);
    least += *steps;
  }
  EXPECT_LT(sum, 1.5 * least);
}

INSTANTIATE_TEST_SUITE_P(Named, D4rlMaze, testing::Values("umaze", "medium", "large"),
                         [](const auto& maze) { return std::string(maze.param); });

} // namespace
} // namespace stint
