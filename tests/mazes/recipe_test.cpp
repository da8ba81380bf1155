// The recipes against the moments of the published data, and what each of them promises.

#include "mazes/recipe.hpp"

#include "lattice/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace stint {
namespace {

/// All runs of the recipe, `steps` in all.
std::vector<RecipeStep> made(const Maze& maze, const Recipe& recipe, std::int64_t steps, std::uint64_t seed = 1) {
  std::vector<RecipeStep> all(steps);
  RecipeRuns(maze, recipe, seed).make(0, all);
  return all;
}

struct Moments {
  double mean, deviation;
};

Moments moments(const std::vector<RecipeStep>& steps, float RecipeStep::*member) {
  double first = 0, second = 0;
  for (const auto& step : steps) {
    first += step.*member;
    second += static_cast<double>(step.*member) * (step.*member);
  }
  const auto n = static_cast<double>(steps.size());
  return {first / n, std::sqrt(second / n - first * first / (n * n))};
}

bool equal(const std::vector<RecipeStep>& a, const std::vector<RecipeStep>& b) {
  return std::ranges::equal(a, b, [](const RecipeStep& s, const RecipeStep& t) {
    return std::array{s.x, s.y, s.vx, s.vy, s.ax, s.ay, s.goal_x, s.goal_y} ==
               std::array{t.x, t.y, t.vx, t.vy, t.ax, t.ay, t.goal_x, t.goal_y} &&
           s.at_goal == t.at_goal && s.last == t.last;
  });
}

struct Published {
  const char* maze;
  Moments x, y;
  double vx, vy; ///< standard deviations; 0: not published
};

// Of D4RL's files maze2d-*-v1. Their targets number some 12000, so that their own means have errors of 1 %.
class Maze2d : public testing::TestWithParam<Published> {};
INSTANTIATE_TEST_SUITE_P(Files, Maze2d,
                         testing::Values(Published{"umaze", {1.933, 0.900}, {2.374, 0.709}, 0, 0},
                                         Published{"medium", {3.509, 1.337}, {3.477, 1.521}, 2.341, 2.369},
                                         Published{"large", {3.730, 1.807}, {5.305, 2.569}, 0, 0}),
                         [](const auto& row) { return std::string(row.param.maze); });

TEST_P(Maze2d, HasTheMomentsOfThePublishedData) {
  constexpr double tolerance = 0.05;
  const auto& published = GetParam();
  const Maze maze = Maze::named(published.maze);
  const auto steps = made(maze, standard_recipe(RecipeKind::maze2d, maze), 2'000'000);
  const auto expect = [&](double found, double expected) { EXPECT_NEAR(found, expected, tolerance * expected); };
  const auto x = moments(steps, &RecipeStep::x), y = moments(steps, &RecipeStep::y);
  expect(x.mean, published.x.mean);
  expect(x.deviation, published.x.deviation);
  expect(y.mean, published.y.mean);
  expect(y.deviation, published.y.deviation);
  if (published.vx > 0) {
    expect(moments(steps, &RecipeStep::vx).deviation, published.vx);
    expect(moments(steps, &RecipeStep::vy).deviation, published.vy);
  }
}

// The same controller without noise stays nearer to the middle: the published files have noise.
TEST(Maze2dRecipe, WithoutNoiseTheMomentsAreOthers) {
  const Maze maze = Maze::named("umaze");
  Recipe recipe = standard_recipe(RecipeKind::maze2d, maze);
  recipe.noise = 0;
  EXPECT_LT(moments(made(maze, recipe, 1'000'000), &RecipeStep::y).deviation, 0.95 * 0.709);
}

TEST(Maze2dRecipe, ChangesTargetsWhenItShould) {
  const Maze maze = Maze::named("medium");
  Recipe recipe = standard_recipe(RecipeKind::maze2d, maze);
  recipe.run_steps = 20'000;
  recipe.target_steps = 120;
  const auto steps = made(maze, recipe, 20'000);
  int since = 0, reached = 0, timed_out = 0;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const auto &step = steps[i], &next = steps[i + 1];
    const Cell cell = maze.cell_at({step.goal_x, step.goal_y});
    const Point centre = maze.centre(cell);
    ASSERT_TRUE(maze.is_free(cell));
    ASSERT_LE(std::hypot(step.goal_x - centre.x, step.goal_y - centre.y), std::hypot(0.1, 0.1) + 1e-6);
    const bool same = step.goal_x == next.goal_x && step.goal_y == next.goal_y;
    ASSERT_EQ(step.last, !same) << i;
    const double away = std::hypot(step.x - centre.x, step.y - centre.y);
    since = step.last ? 0 : since + 1;
    ASSERT_LE(since, 120);
    if (step.last)
      ++(away < 0.1 ? reached : timed_out);
  }
  EXPECT_GT(reached, 50);
  EXPECT_GT(timed_out, 50);
  EXPECT_TRUE(steps.back().last);
}

// Each step of a run is the simulator's, up to float32.
TEST(Maze2dRecipe, FollowsTheSimulator) {
  const Maze maze = Maze::named("large");
  const MazeSimulator simulator(maze);
  const auto steps = made(maze, standard_recipe(RecipeKind::maze2d, maze), 5000);
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const auto& s = steps[i];
    ASSERT_LE(std::max(std::abs(s.ax), std::abs(s.ay)), 1);
    ASSERT_TRUE(maze.is_free(Point{s.x, s.y}, WallTest::physical));
    const Ball next = simulator.step({.position = {s.x, s.y}, .velocity = {s.vx, s.vy}}, {s.ax, s.ay});
    ASSERT_NEAR(next.position.x, steps[i + 1].x, 2e-6);
    ASSERT_NEAR(next.position.y, steps[i + 1].y, 2e-6);
  }
}

TEST(Recipes, RunsDependOnTheirNumberAndTheSeedAlone) {
  for (const auto& [name, kind] : {std::pair{"umaze", RecipeKind::maze2d}, {"ogbench-large", RecipeKind::navigate}}) {
    const Maze maze = Maze::named(name);
    Recipe recipe = standard_recipe(kind, maze);
    recipe.run_steps = 700;
    const RecipeRuns runs(maze, recipe, 9);
    std::vector<RecipeStep> fifth(700), again(700), begin(300), sixth(700);
    runs.make(5, fifth);
    runs.make(6, sixth);
    RecipeRuns(maze, recipe, 9).make(5, again);
    runs.make(5, begin);
    EXPECT_TRUE(equal(fifth, again));
    EXPECT_FALSE(equal(fifth, sixth));
    RecipeRuns(maze, recipe, 10).make(5, again);
    EXPECT_FALSE(equal(fifth, again));
    std::vector<RecipeStep> several(5 * 700 + 300), one(700);
    runs.make(2, several); // runs 2 to 7, the last one cut
    std::copy_n(several.begin() + 3 * 700, 700, one.begin());
    EXPECT_TRUE(equal(fifth, one));
    EXPECT_TRUE(several[699].last);
    EXPECT_TRUE(several.back().last);
    EXPECT_TRUE(begin.back().last);
    begin.back().last = fifth[299].last;
    fifth.resize(300);
    EXPECT_TRUE(equal(begin, fifth));
  }
}

// Numbers 2 t and 2 t + 1 of a run are the noise of its step t, 1024 numbers a stream, however they are made. The
// action without noise is known in OGBench's recipe: the direction to the centre of the next cell.
TEST(Recipes, TakeNoiseFromTheStreamOfTheRun) {
  const Maze maze = Maze::named("ogbench-medium");
  const Recipe recipe = standard_recipe(RecipeKind::navigate, maze);
  const CellRoutes routes(maze);
  constexpr std::uint32_t run = 3;
  std::vector<RecipeStep> steps(1000);
  RecipeRuns(maze, recipe, 9).make(run, steps);
  std::array<std::vector<float>, 2> noise{std::vector<float>(1024), std::vector<float>(1024)};
  for (std::uint32_t block = 0; block < 2; ++block)
    Stream{.seed = 9, .purpose = Purpose::agent_noise, .chain = run, .trajectory = block}.normals(noise[block]);
  int compared = 0;
  for (std::size_t t = 0; t < steps.size(); ++t) {
    const auto& step = steps[t];
    const Point position{step.x, step.y};
    const Point centre = maze.centre(routes.next(maze.cell_at(position), maze.cell_at({step.goal_x, step.goal_y})));
    const double x = centre.x - position.x, y = centre.y - position.y, length = std::hypot(x, y);
    const float* normal = &noise[t / 512][2 * (t % 512)];
    for (const auto& [action, direction, n] :
         {std::tuple{step.ax, x / length, normal[0]}, {step.ay, y / length, normal[1]}}) {
      if (length < 0.01 || std::abs(action) == 1)
        continue; // float32 positions do not tell the direction, or clipped
      ++compared;
      ASSERT_NEAR(action, direction + recipe.noise * n, 1e-4) << t;
    }
  }
  EXPECT_GT(compared, 1000);
}

TEST(Recipes, HaveThePublishedSizes) {
  const auto size = [](RecipeKind kind, const char* name) { return standard_recipe(kind, Maze::named(name)).steps; };
  EXPECT_EQ(size(RecipeKind::maze2d, "umaze"), 1'000'000);
  EXPECT_EQ(size(RecipeKind::maze2d, "medium"), 2'000'000);
  EXPECT_EQ(size(RecipeKind::maze2d, "large"), 4'000'000);
  EXPECT_EQ(size(RecipeKind::navigate, "ogbench-large"), 1000 * 1001);
  EXPECT_EQ(size(RecipeKind::navigate, "ogbench-giant"), 500 * 2001);
  EXPECT_EQ(size(RecipeKind::stitch, "ogbench-giant"), 5000 * 201);
}

TEST(Navigate, GoesFromGoalToGoal) {
  const Maze maze = Maze::named("ogbench-giant");
  const auto steps = made(maze, standard_recipe(RecipeKind::navigate, maze), 20 * 2001);
  int goals = 0;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const auto &step = steps[i], &next = steps[i + 1];
    ASSERT_TRUE(maze.is_free(Point{step.x, step.y}, WallTest::physical));
    ASSERT_EQ(step.last, (i + 1) % 2001 == 0);
    if (step.last)
      continue;
    ASSERT_LE(std::abs(next.x - step.x), 0.2F + 1e-5F);
    // A new goal comes when the ball has reached the old one, and then only.
    const bool reached = std::hypot(next.x - step.goal_x, next.y - step.goal_y) <= 1;
    ASSERT_EQ(reached, next.goal_x != step.goal_x || next.goal_y != step.goal_y) << i;
    goals += reached;
    const Cell cell = maze.cell_at({step.goal_x, step.goal_y});
    ASSERT_TRUE(maze.is_free(cell));
    const auto free = [&](int down, int right) { return maze.is_free(Cell{cell.row + down, cell.column + right}); };
    ASSERT_FALSE(free(-1, 0) && free(1, 0) && !free(0, -1) && !free(0, 1)); // no corridor
    ASSERT_FALSE(free(0, -1) && free(0, 1) && !free(-1, 0) && !free(1, 0));
  }
  EXPECT_GT(goals, 50);
}

TEST(Stitch, GoesFourCellsFar) {
  const Maze maze = Maze::named("ogbench-giant");
  const auto steps = made(maze, standard_recipe(RecipeKind::stitch, maze), 300 * 201);
  int arrived = 0;
  for (std::size_t run = 0; run < 300; ++run) {
    const auto &first = steps[run * 201], &last = steps[run * 201 + 200];
    const Cell goal = maze.cell_at({first.goal_x, first.goal_y}), start = maze.cell_at({first.x, first.y});
    EXPECT_EQ(maze.steps_to(goal)[start.row * maze.columns() + start.column], 4);
    EXPECT_EQ(first.goal_x, last.goal_x);
    const Point centre = maze.centre(goal);
    arrived += std::hypot(last.x - centre.x, last.y - centre.y) < 1;
  }
  EXPECT_GT(arrived, 290);
}

// Where no cell is 4 away the goal is the cell itself; parts of the maze that do not touch never mix.
TEST(Recipes, ServeUsersMazes) {
  const Maze parts = Maze::from_text("########\\#O#OOOO#\\#O######\\########");
  for (const auto& step : made(parts, standard_recipe(RecipeKind::maze2d, parts), 3000, 4)) {
    const Cell ball = parts.free_cell_at({step.x, step.y}), goal = parts.cell_at({step.goal_x, step.goal_y});
    ASSERT_TRUE(parts.reachable(ball, goal));
  }
  const Maze small = Maze::from_text("####\\#OO#\\####", MazeWorld::ogbench);
  for (const auto kind : {RecipeKind::navigate, RecipeKind::stitch}) {
    for (const auto& step : made(small, standard_recipe(kind, small), 1000))
      ASSERT_TRUE(small.is_free(small.cell_at({step.goal_x, step.goal_y})));
  }
}

TEST(Recipes, RefuseWhatMakesNoSense) {
  const Maze umaze = Maze::named("umaze"), giant = Maze::named("ogbench-giant");
  EXPECT_THROW(standard_recipe(RecipeKind::stitch, umaze), std::invalid_argument);
  EXPECT_THROW(standard_recipe(RecipeKind::maze2d, giant), std::invalid_argument);
  EXPECT_THROW(RecipeRuns(giant, standard_recipe(RecipeKind::maze2d, umaze), 1), std::invalid_argument);
  EXPECT_THROW(RecipeRuns(umaze, {.noise = -1}, 1), std::invalid_argument);
  EXPECT_THROW(RecipeRuns(umaze, {.run_steps = 0}, 1), std::invalid_argument);
  EXPECT_THROW(recipe_named("wander"), std::invalid_argument);
  EXPECT_EQ(recipe_named("stitch"), RecipeKind::stitch);
}

} // namespace
} // namespace stint
