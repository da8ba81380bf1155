// The ball against closed forms, and walls.

#include "mazes/simulator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace stint {
namespace {

/// One corridor of free cells along x, from the cell 1 on.
Maze corridor(int cells) {
  std::string text = "###";
  for (int i = 0; i < cells; ++i)
    text += "\\#O#";
  return Maze::from_text(text + "\\###");
}

constexpr double gain = 0.01 / (4000 * M_PI / 3 * 0.001 + 0.01); // dt / (m + dt)

// v_n = 100 (1 - (1 - gain)^n) a until it is clipped; positions are dt times the sums of velocities.
TEST(D4rlBall, GathersSpeedAsTheClosedForm) {
  const MazeSimulator simulator(corridor(30));
  Ball ball{.position = {1, 1}, .velocity = {}};
  double position = 1;
  for (int n = 1; n <= 20; ++n) {
    ball = simulator.step(ball, {0.7, 0});
    const double v = 70 * (1 - std::pow(1 - gain, n));
    position += 0.01 * v;
    EXPECT_NEAR(ball.velocity.x, v, 1e-12);
    EXPECT_NEAR(ball.position.x, position, 1e-12);
    EXPECT_EQ(ball.velocity.y, 0);
  }
}

// Clipped to 5 before the motor acts: 5 + gain (100 - 5) ever after.
TEST(D4rlBall, SpeedSaturates) {
  const MazeSimulator simulator(corridor(30));
  Ball ball{.position = {1, 1}, .velocity = {}};
  for (int n = 0; n < 100; ++n)
    ball = simulator.step(ball, {1, 0});
  EXPECT_DOUBLE_EQ(ball.velocity.x, 5 + gain * 95);
  const double before = ball.position.x;
  ball = simulator.step(ball, {1, 0});
  EXPECT_DOUBLE_EQ(ball.velocity.x, 5 + gain * 95);
  EXPECT_NEAR(ball.position.x - before, 0.01 * (5 + gain * 95), 1e-12);
}

TEST(D4rlBall, ActionsAreClipped) {
  const MazeSimulator simulator(corridor(3));
  const Ball ball{.position = {1, 1}, .velocity = {}};
  EXPECT_EQ(simulator.step(ball, {7, -9}), simulator.step(ball, {1, -1}));
}

// The walls of the corridor's first cell end at 0 + 0.4 and begin at 2 - 0.8.
TEST(D4rlBall, StopsAtTheWallAndKeepsTheSpeedAlongIt) {
  const MazeSimulator simulator(corridor(8));
  Ball pressed{.position = {3, 1}, .velocity = {}}, along = pressed;
  for (int n = 0; n < 60; ++n) {
    pressed = simulator.step(pressed, {0.5, 1});
    along = simulator.step(along, {0.5, 0});
  }
  EXPECT_EQ(pressed.position.y, 2 - (0.5 + 0.1 + 0.2));
  EXPECT_NEAR(pressed.position.y, 1.2, 1e-15);
  EXPECT_EQ(pressed.velocity.y, 0);
  EXPECT_EQ(pressed.position.x, along.position.x); // no friction, no edge between two walls
  EXPECT_EQ(pressed.velocity.x, along.velocity.x);
  for (int n = 0; n < 300; ++n)
    pressed = simulator.step(pressed, {-1, -1});
  EXPECT_EQ(pressed.position, (Point{0.5 + 0.1 - 0.2, 0.5 + 0.1 - 0.2})); // in the corner
  EXPECT_EQ(pressed.velocity, (Point{0, 0}));
}

TEST(D4rlBall, OpensAwayFromTheWall) {
  const MazeSimulator simulator(corridor(8));
  const double wall = 0.5 + 0.1 - 0.2;
  const Ball ball = simulator.step({.position = {3, wall}, .velocity = {}}, {0, 1});
  EXPECT_NEAR(ball.velocity.y, 100 * gain, 1e-12);
  EXPECT_NEAR(ball.position.y, wall + gain, 1e-12);
}

TEST(OgbenchBall, MovesByAFifthOfTheAction) {
  const Maze maze = Maze::named("ogbench-medium");
  const MazeSimulator simulator(maze);
  Ball ball{.position = maze.centre({1, 1}), .velocity = {}};
  ball = simulator.step(ball, {0.5, -1.5});
  EXPECT_EQ(ball.position, (Point{0.1, -0.2}));
  for (int n = 0; n < 50; ++n)
    ball = simulator.step(ball, {-1, -1});
  EXPECT_NEAR(ball.position.x, -1.3, 1e-15);
  EXPECT_NEAR(ball.position.y, -1.3, 1e-15);
}

class Walls : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Named, Walls, testing::ValuesIn(Maze::names().begin(), Maze::names().end()),
                         [](const auto& row) {
                           std::string name(row.param);
                           std::erase(name, '-');
                           return name;
                         });

// Actions that are kept for some time press the ball into every corner.
TEST_P(Walls, AreNeverEntered) {
  const Maze maze = Maze::named(GetParam());
  const MazeSimulator simulator(maze);
  std::mt19937 random(3);
  std::uniform_real_distribution<double> any(-1, 1);
  Ball ball{.position = maze.centre(maze.free_cells()[0]), .velocity = {}};
  int at_walls = 0;
  for (int k = 0; k < 1000; ++k) {
    const Point action{3 * any(random), 3 * any(random)};
    for (int n = 0; n < 40; ++n) {
      const Ball next = simulator.step(ball, action);
      ASSERT_TRUE(maze.is_free(next.position, WallTest::physical)) << next.position.x << ' ' << next.position.y;
      at_walls += next.position.x == ball.position.x || next.position.y == ball.position.y;
      ball = next;
    }
  }
  EXPECT_GT(at_walls, 1000);
}

} // namespace
} // namespace stint
