// Plans followed in the simulators.

#include "mazes/episode.hpp"
#include "mazes/point_mass.hpp"
#include "tests/mazes/random_pairs.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

class EveryMaze : public testing::TestWithParam<std::string_view> {};

// Shortest ways bend round the walls' very corners.
TEST_P(EveryMaze, TheGoalIsReachedAlongTheShortestWay) {
  const Maze maze = Maze::named(GetParam());
  const MazeSimulator simulator(maze);
  const bool d4rl = maze.world() == MazeWorld::d4rl;
  double steps = 0, ideal = 0;
  for (const auto& [start, goal, shortest] : random_pairs(maze, 50)) {
    const double spacing = 0.2 * facts(maze.world()).cell;
    const Way plan = resampled(shortest, static_cast<std::size_t>(length(shortest) / spacing) + 2);
    const Episode episode = run_episode(maze, simulator, plan, 6, Follow::path, start, goal, 1000, false, true);
    ASSERT_GT(episode.reached, 0) << start.x << ' ' << start.y << " to " << goal.x << ' ' << goal.y;
    EXPECT_EQ(episode.return_, 1001 - episode.reached) << "leaves the goal";
    EXPECT_LT(distance(episode.positions.back(), goal), 0.01);
    steps += static_cast<double>(episode.reached);
    ideal += std::max(length(shortest) - facts(maze.world()).goal_tolerance, 0.0) /
             (d4rl ? point_mass::top_speed * point_mass::dt : point_mass::stride);
  }
  EXPECT_LT(steps, (d4rl ? 1.8 : 1.1) * ideal);
}

INSTANTIATE_TEST_SUITE_P(Named, EveryMaze, testing::ValuesIn(Maze::names().begin(), Maze::names().end()),
                         [](const auto& maze) {
                           std::string name(maze.param);
                           std::erase(name, '-');
                           return name;
                         });

Maze corridor() { return Maze::from_text("####################\\#OOOOOOOOOOOOOOOOOO#\\####################"); }

// From rest at 1 to the goal at 18: full acceleration up to the top speed.
TEST(Follower, IsAsFastAsTheBallInACorridor) {
  const Maze maze = corridor();
  const Way plan = resampled(Way{{1, 1}, {1, 18}}, 30);
  const auto episode = run_episode(maze, MazeSimulator(maze), plan, 6, Follow::path, {1, 1}, {1, 18}, 2000, false);
  using namespace point_mass;
  const double far = 17 - 0.5, speeding = top_speed * top_speed / (2 * acceleration);
  const double steps = (top_speed / acceleration + (far - speeding) / top_speed) / dt;
  EXPECT_NEAR(static_cast<double>(episode.reached), steps, 0.01 * steps + 1);
}

// A plan of constant speed is met at its times.
TEST(Follower, KeepsTheTimesOfAPlan) {
  const Maze maze = corridor();
  Way plan;
  for (int k = 0; k <= 85; ++k)
    plan.push_back({1, 1 + 0.2 * k}); // 0.2 in 0.1 s
  const auto episode =
      run_episode(maze, MazeSimulator(maze), plan, 10, Follow::time, {1, 1}, {1, 18}, 1000, false, true);
  for (std::size_t step = 50; step <= 840; step += 10)
    EXPECT_NEAR(episode.positions[step].y, 1 + 0.02 * static_cast<double>(step), 0.03) << step;
  EXPECT_NEAR(episode.positions.back().y, 18, 1e-3);
}

TEST(Follower, OgbenchTakesFullStridesAlongTheLongerAxis) {
  const Maze maze = Maze::from_text("######\\#OOOO#\\#OOOO#\\#OOOO#\\######", MazeWorld::ogbench);
  const Way plan{{0, 0}, {6, 3}};
  const auto episode = run_episode(maze, MazeSimulator(maze), plan, 6, Follow::path, {0, 0}, {6, 3}, 1000, true);
  // 0.2 in x and 0.1 in y a step; within 1.0 after sqrt(45) - 1 of sqrt(45).
  EXPECT_EQ(episode.reached, std::ceil((1 - 1 / std::sqrt(45.0)) * 30));
  EXPECT_EQ(episode.return_, 1);
}

TEST(Follower, APlanThroughAWallDoesNotArrive) {
  const Maze maze = Maze::named("umaze");
  const auto run = [&](const Way& plan) {
    return run_episode(maze, MazeSimulator(maze), plan, 6, Follow::path, {1, 1}, {3, 1}, 300, false, true);
  };
  const auto through = run({{1, 1}, {3, 1}});
  EXPECT_EQ(through.reached, -1);
  EXPECT_EQ(through.return_, 0);
  for (const Point point : through.positions)
    EXPECT_TRUE(maze.is_free(point, WallTest::physical));
  EXPECT_GT(run({{1, 1}, {1, 3}, {3, 3}, {3, 1}}).return_, 100);
}

TEST(Follower, RefusesWhatCannotBeFollowed) {
  EXPECT_THROW(Follower(MazeWorld::d4rl, {}, 6, Follow::path), std::invalid_argument);
  const Maze maze = Maze::named("umaze");
  const MazeSimulator simulator(maze);
  EXPECT_EQ(run_episode(maze, simulator, {}, 6, Follow::path, {1, 1}, {3, 1}, 300, false).return_, 0);
  EXPECT_EQ(run_episode(maze, simulator, {{2, 1}}, 6, Follow::path, {2, 1}, {2, 1}, 300, false).return_, 0);
}

// As float32 has it, 1.2 lies in the wall by 5e-8; so have others.
TEST(Follower, BeginsAtTheEdgeOfAWall) {
  const Maze maze = Maze::named("umaze");
  const Point start{1.2F, 1};
  ASSERT_GT(start.x, 1.2);
  const auto run =
      run_episode(maze, MazeSimulator(maze), {start, {1.2, 2}}, 6, Follow::path, start, {1.2, 2}, 300, false, true);
  EXPECT_GT(run.return_, 200);
  for (const Point point : run.positions) {
    EXPECT_GT(point.y, 0.99);
    EXPECT_LE(point.x, 1.2);
  }
}

TEST(Follower, PlansFarOutOfTheMazeLeadAgainstItsBorder) {
  const Maze maze = Maze::named("umaze");
  const auto run =
      run_episode(maze, MazeSimulator(maze), {{1, 1}, {1e30, 1}, {3, 1}}, 6, Follow::path, {1, 1}, {3, 1}, 300, false);
  EXPECT_EQ(run.return_, 0);
}

TEST(Follower, StaysWhereThePlanIsOnePoint) {
  const Maze maze = Maze::named("umaze");
  for (const auto mode : {Follow::path, Follow::time})
    EXPECT_EQ(run_episode(maze, MazeSimulator(maze), {{1, 1}}, 6, mode, {1, 1}, {1, 1}, 300, false).return_, 300);
}

TEST(D4rlScore, PublishedReturnsAreNoughtAndAHundred) {
  const auto umaze = d4rl_score(Maze::named("umaze"));
  ASSERT_TRUE(umaze);
  EXPECT_EQ(umaze->horizon, 300);
  EXPECT_NEAR(umaze->of(23.85), 0, 1e-12);
  EXPECT_NEAR(umaze->of(161.86), 100, 1e-12);
  EXPECT_EQ(d4rl_score(Maze::named("medium"))->horizon, 600);
  EXPECT_EQ(d4rl_score(Maze::named("large"))->horizon, 800);
  EXPECT_TRUE(d4rl_score(Maze::from_text("#####\\#OOO#\\###O#\\#OOG#\\#####")));
  EXPECT_FALSE(d4rl_score(Maze::named("ogbench-medium")));
  EXPECT_FALSE(d4rl_score(Maze::from_text("#####\\#OOO#\\#####")));
}

} // namespace
} // namespace stint
