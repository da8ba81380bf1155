// Ways through cells are as short as the map allows.

#include "mazes/cell_routes.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(CellRoutes, LeadToTheTargetInAsFewCellsAsPossible) {
  for (const auto name : Maze::names()) {
    const Maze maze = Maze::named(name);
    const CellRoutes routes(maze);
    for (const Cell target : maze.free_cells()) {
      const auto steps = maze.steps_to(target);
      for (Cell cell : maze.free_cells()) {
        int moves = 0;
        const int expected = steps[cell.row * maze.columns() + cell.column];
        for (; cell != target && moves < expected; ++moves)
          cell = routes.next(cell, target);
        EXPECT_EQ(cell, target);
        EXPECT_EQ(moves, expected);
      }
      EXPECT_EQ(routes.next(target, target), target);
    }
  }
}

TEST(CellRoutes, LeadOutOfAWallAndStayWhereThereIsNoWay) {
  const Maze maze = Maze::from_text("#####\\#O#O#\\#####");
  const CellRoutes routes(maze);
  EXPECT_EQ(routes.next({0, 1}, {1, 1}), (Cell{1, 1}));
  EXPECT_EQ(routes.next({1, 2}, {1, 3}), (Cell{1, 3}));
  EXPECT_EQ(routes.next({1, 1}, {1, 3}), (Cell{1, 1}));
}

// Of two ways round a block D4RL's planner takes the one along the columns first, OGBench's the one up or left.
TEST(CellRoutes, TiesAreBrokenAsTheWorldsDo) {
  const char* ring = "#####\\#OOO#\\#O#O#\\#OOO#\\#####";
  EXPECT_EQ(CellRoutes(Maze::from_text(ring)).next({1, 1}, {3, 3}), (Cell{1, 2}));
  EXPECT_EQ(CellRoutes(Maze::from_text(ring)).next({3, 3}, {1, 1}), (Cell{3, 2}));
  const Maze ogbench = Maze::from_text(ring, MazeWorld::ogbench);
  EXPECT_EQ(CellRoutes(ogbench).next({1, 1}, {3, 3}), (Cell{2, 1}));
  EXPECT_EQ(CellRoutes(ogbench).next({3, 3}, {1, 1}), (Cell{2, 3}));
}

} // namespace
} // namespace stint
