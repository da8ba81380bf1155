// Layouts, the plane, and both wall tests.

#include "mazes/maze.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

constexpr auto centre = WallTest::centre, physical = WallTest::physical;

std::string refusal(const std::string& text) {
  try {
    Maze::from_text(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Maze, AllNamedOnesAreOneConnectedPart) {
  ASSERT_EQ(Maze::names().size(), 6U);
  for (const auto name : Maze::names()) {
    const Maze maze = Maze::named(name);
    for (const Cell cell : maze.free_cells())
      EXPECT_TRUE(maze.reachable(maze.free_cells().front(), cell)) << name << cell.row << ' ' << cell.column;
    EXPECT_EQ(Maze::from_text(maze.text(), maze.world()).text(), maze.text());
  }
}

TEST(Maze, SizesAndGoalsAreThePublishedOnes) {
  const Maze umaze = Maze::named("umaze"), large = Maze::named("large"), giant = Maze::named("ogbench-giant");
  EXPECT_EQ(umaze.free_cells().size(), 7U);
  EXPECT_EQ(umaze.goal(), (Cell{1, 1}));
  EXPECT_EQ(Maze::named("medium").goal(), (Cell{6, 6}));
  EXPECT_EQ(large.goal(), (Cell{7, 9}));
  EXPECT_EQ(large.rows(), 9);
  EXPECT_EQ(large.columns(), 12);
  EXPECT_EQ(giant.rows(), 12);
  EXPECT_EQ(giant.columns(), 16);
  EXPECT_FALSE(giant.goal());
}

// D4RL's x runs along the rows, OGBench's along the columns: ij_to_xy((i, j)) = (4 j - 4, 4 i - 4).
TEST(Maze, CellsLieAsInTheSimulators) {
  const Maze large = Maze::named("large"), giant = Maze::named("ogbench-giant");
  EXPECT_EQ(large.centre({7, 9}), (Point{7, 9}));
  EXPECT_EQ(large.cell_at({7.4, 8.6}), (Cell{7, 9}));
  EXPECT_EQ(giant.centre({10, 14}), (Point{52, 36}));
  EXPECT_EQ(giant.cell_at({53.9, 34.1}), (Cell{10, 14}));
  for (const auto name : Maze::names()) {
    const Maze maze = Maze::named(name);
    for (const Cell cell : maze.free_cells()) {
      EXPECT_EQ(maze.cell_at(maze.centre(cell)), cell);
      EXPECT_TRUE(maze.is_free(maze.centre(cell), centre));
      EXPECT_TRUE(maze.is_free(maze.centre(cell), physical));
    }
  }
  EXPECT_EQ(large.cell_at({-50, 50}), (Cell{0, 11}));
  EXPECT_EQ(large.free_cell_at({0.45, 1}), (Cell{1, 1})); // where D4RL's ball can be
}

// With rows and columns exchanged some of these would be walls.
TEST(Maze, TasksOfOgbenchJoinFreeCells) {
  for (const auto name : {"ogbench-medium", "ogbench-large", "ogbench-giant"}) {
    const Maze maze = Maze::named(name);
    ASSERT_EQ(maze.tasks().size(), 5U);
    for (const auto& [start, goal] : maze.tasks())
      EXPECT_TRUE(maze.reachable(start, goal)) << name;
  }
  EXPECT_EQ(Maze::named("ogbench-giant").tasks()[3], (std::pair<Cell, Cell>{{8, 3}, {5, 12}}));
  EXPECT_TRUE(Maze::named("large").tasks().empty());
}

TEST(Maze, StepsAreThoseThroughTheCells) {
  const Maze umaze = Maze::named("umaze");
  const auto steps = umaze.steps_to({1, 1});
  EXPECT_EQ(steps[1 * 5 + 1], 0);
  EXPECT_EQ(steps[1 * 5 + 3], 2);
  EXPECT_EQ(steps[3 * 5 + 1], 6);
  EXPECT_EQ(steps[2 * 5 + 2], -1); // a wall
  EXPECT_THROW(umaze.steps_to({2, 2}), std::invalid_argument);
}

TEST(Maze, UsersLayoutsAreRead) {
  const Maze maze = Maze::from_text("#####\r\n#.#G#\r\n#####\r\n\r\n");
  EXPECT_EQ(maze.text(), R"(#####\#O#G#\#####)");
  EXPECT_FALSE(maze.reachable({1, 1}, {1, 3}));
  EXPECT_TRUE(maze.reachable({1, 1}, {1, 1}));
  EXPECT_FALSE(maze.reachable({1, 1}, {1, 2}));
  EXPECT_EQ(Maze::from_text("###\\# #\\###").text(), R"(###\#O#\###)");
}

TEST(Maze, WhatEditorsLeaveAboutALayoutIsNoPartOfIt) {
  const std::string text = R"(#####\#O#G#\#####)";
  EXPECT_EQ(Maze::from_text("\n\n#####\n#O#G#\n#####").text(), text);
  EXPECT_EQ(Maze::from_text(" \t\r\n#####\r\n#O#G#\r\n#####\r\n \r\n").text(), text);
  EXPECT_EQ(Maze::from_text("#####  \n#O#G#\t\n#####\n\t\n").text(), text);
  EXPECT_EQ(Maze::from_text("\xEF\xBB\xBF#####\n#O#G#\n#####\n").text(), text);
}

TEST(Maze, BadLayoutsAreRefusedInOneLine) {
  EXPECT_EQ(refusal("\n \n"), "the layout of a maze is empty");
  EXPECT_EQ(refusal("###\n\n#O#\n###"),
            "the layout of a maze has rows of different lengths: row 1 has 3 cells and row 2 has 0");
  EXPECT_EQ(refusal("\n ###\n #O#\n ###"),
            "the layout of a maze is open at its border: row 1, column 1 is free; expected '#' all round");
  EXPECT_TRUE(refusal("###\n#\t#\n###").starts_with("the layout of a maze has a tab at row 2, column 2; '#'"));
  EXPECT_TRUE(refusal("###\n#\xC3#\n###").starts_with("the layout of a maze has the byte 0xC3 at row 2, column 2; "));
  EXPECT_EQ(refusal(""), "the layout of a maze is empty");
  EXPECT_EQ(refusal("###\n#O#\n####"),
            "the layout of a maze has rows of different lengths: row 1 has 3 cells and row 3 has 4");
  EXPECT_EQ(refusal("###\n#x#\n###"), "the layout of a maze has the letter 'x' at row 2, column 2; '#' is a wall, 'O', "
                                      "'.' and ' ' are free, 'G' is the goal");
  EXPECT_EQ(refusal("###\n###\n###"), "the layout of a maze has no free cell: all 9 cells are walls");
  EXPECT_EQ(refusal("###\n#OO\n###"),
            "the layout of a maze is open at its border: row 2, column 3 is free; expected '#' all round");
  EXPECT_EQ(refusal("####\n#GG#\n####"),
            "the layout of a maze has a second goal 'G' at row 2, column 3; at most one is possible");
  EXPECT_EQ(refusal(std::string(300, '#')),
            "the layout of a maze has 1 rows of 300 cells; at most 100 of each are possible");
  EXPECT_THROW(Maze::named("huge"), std::invalid_argument);
}

// D4RL's cell (1, 1) of the U: walls at rows 0 and 2 and column 0.
TEST(WallTests, AreTheirOwnBoxes) {
  const Maze maze = Maze::named("umaze");
  EXPECT_TRUE(maze.is_free(Point{0.51, 1}, centre));
  EXPECT_FALSE(maze.is_free(Point{0.49, 1}, centre));
  EXPECT_TRUE(maze.is_free(Point{1.49, 1}, centre));
  EXPECT_FALSE(maze.is_free(Point{1.51, 1}, centre));
  EXPECT_TRUE(maze.is_free(Point{0.41, 1}, physical));
  EXPECT_FALSE(maze.is_free(Point{0.39, 1}, physical));
  EXPECT_TRUE(maze.is_free(Point{1.19, 1}, physical));
  EXPECT_FALSE(maze.is_free(Point{1.21, 1}, physical));
}

TEST(WallTests, OgbenchKeepsTheBallOut) {
  const Maze maze = Maze::named("ogbench-medium"); // the cell (1, 1) has walls above and to the left
  EXPECT_FALSE(maze.is_free(Point{-2.01, 0}, centre));
  EXPECT_TRUE(maze.is_free(Point{-1.99, 0}, centre));
  EXPECT_FALSE(maze.is_free(Point{-1.31, 0}, physical));
  EXPECT_TRUE(maze.is_free(Point{-1.29, 0}, physical));
}

TEST(WallTests, WallsDoNotCountTheirEdges) {
  const Maze maze = Maze::named("umaze");
  EXPECT_TRUE(maze.is_free(Point{0.4, 1}, physical));
  EXPECT_TRUE(maze.is_free(Point{0.4F, 0.4F}, physical)); // in the corner, in float32
  EXPECT_TRUE(maze.is_free(Point{1.2F, 1}, physical));
  EXPECT_TRUE(maze.is_free(Point{0.5, 1.5}, centre));
}

TEST(WallTests, NothingOutsideTheMapIsFree) {
  const Maze maze = Maze::named("umaze");
  for (const Point p : {Point{-5, 1}, Point{1, 40}, Point{std::numeric_limits<double>::quiet_NaN(), 1},
                        Point{1, std::numeric_limits<double>::infinity()}}) {
    EXPECT_FALSE(maze.is_free(p, centre));
    EXPECT_FALSE(maze.is_free(p, physical));
    EXPECT_FALSE(maze.is_free(Point{1, 1}, p, centre));
  }
}

TEST(WallTests, SegmentsAreTestedWhole) {
  const Maze maze = Maze::named("umaze");
  EXPECT_TRUE(maze.is_free(Point{1, 1}, Point{1, 3}, physical));
  EXPECT_FALSE(maze.is_free(Point{1, 1}, Point{3, 1}, physical)); // both ends free, the wall between
  EXPECT_FALSE(maze.is_free(Point{1, 1}, Point{3, 1}, centre));
  // Past the corner (1.5, 2.5) of the wall (2, 2): from (1, 2) the line to (2, 3 + e) runs at e / 2 beside it.
  EXPECT_TRUE(maze.is_free(Point{1, 2}, Point{2, 3.001}, centre));
  EXPECT_FALSE(maze.is_free(Point{1, 2}, Point{2, 2.999}, centre));
}

TEST(WallTests, AdjacentWallsLeaveNoGap) {
  const Maze maze = Maze::named("umaze"); // the walls (2, 1) and (2, 2) touch along y = 1.5
  EXPECT_FALSE(maze.is_free(Point{1, 1.5}, Point{3, 1.5}, centre));
  EXPECT_FALSE(maze.is_free(Point{2, 1.5}, centre));
  const Maze blocks = Maze::from_text("######\\#O####\\#O####\\#OOOO#\\######"); // four walls meet at (1.5, 2.5)
  EXPECT_FALSE(blocks.is_free(Point{1.5, 2.5}, centre));
  EXPECT_FALSE(blocks.is_free(Point{1.5, 1.4}, Point{1.5, 4.6}, centre));
}

TEST(WallTests, WallsThatTouchAtACornerCloseTheGap) {
  const Maze maze = Maze::from_text("####\\#O##\\##O#\\####");
  EXPECT_FALSE(maze.reachable({1, 1}, {2, 2}));
  EXPECT_FALSE(maze.is_free(Point{1, 1}, Point{2, 2}, centre));
  EXPECT_FALSE(maze.is_free(Point{1, 1}, Point{2, 2}, physical));
  EXPECT_TRUE(maze.is_free(Point{1, 1}, Point{1.49, 1.49}, centre));
}

} // namespace
} // namespace stint
