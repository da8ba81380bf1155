#pragma once
// The layouts of the literature.

#include "mazes/maze.hpp"

#include <array>

namespace stint {

/// A maze that others publish numbers of.
struct NamedLayout {
  std::string_view name;
  MazeWorld world;
  std::string_view text;
  std::array<std::pair<Cell, Cell>, 5> tasks; ///< OGBench's
};

/// D4RL's from d4rl/pointmaze/maze_model.py, OGBench's and their tasks from ogbench/locomaze/maze.py.
inline constexpr std::array<NamedLayout, 6> named_layouts{{
    {"umaze", MazeWorld::d4rl, R"(#####\#GOO#\###O#\#OOO#\#####)", {}},
    {"medium", MazeWorld::d4rl, R"(########\#OO##OO#\#OO#OOO#\##OOO###\#OO#OOO#\#O#OO#O#\#OOO#OG#\########)", {}},
    {"large",
     MazeWorld::d4rl,
     R"(############\#OOOO#OOOOO#\#O##O#O#O#O#\#OOOOOO#OOO#\#O####O###O#\#OO#O#OOOOO#\##O#O#O#O###\#OO#OOO#OGO#\############)",
     {}},
    {"ogbench-medium",
     MazeWorld::ogbench,
     R"(########\#OO##OO#\#OO#OOO#\##OOO###\#OO#OOO#\#O#OO#O#\#OOO#OO#\########)",
     {{{{1, 1}, {6, 6}}, {{6, 1}, {1, 6}}, {{5, 3}, {4, 2}}, {{6, 5}, {6, 1}}, {{2, 6}, {1, 1}}}}},
    {"ogbench-large",
     MazeWorld::ogbench,
     R"(############\#OOOO#OOOOO#\#O##O#O#O#O#\#OOOOOO#OOO#\#O####O###O#\#OO#O#OOOOO#\##O#O#O#O###\#OO#OOO#OOO#\############)",
     {{{{1, 1}, {7, 10}}, {{5, 4}, {7, 1}}, {{7, 4}, {1, 10}}, {{3, 8}, {5, 4}}, {{1, 1}, {5, 4}}}}},
    {"ogbench-giant",
     MazeWorld::ogbench,
     R"(################\#O#OOOOOO##OOOO#\#O#O##O#O#OO##O#\#OOO#OO#OOO#OOO#\#O###O######O#O#\#OOO#OOO#OOOO#O#)"
     R"(\###O#O#OO#O#O###\#OOO#OO#OOO#OOO#\#O#O#O######O#O#\#O###OOO#OOO##O#\#OOOOO#OOO#OOOO#\################)",
     {{{{1, 1}, {10, 14}}, {{1, 14}, {10, 1}}, {{8, 14}, {1, 1}}, {{8, 3}, {5, 12}}, {{5, 9}, {3, 8}}}}},
}};

} // namespace stint
