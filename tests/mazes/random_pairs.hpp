#pragma once
// Places to go between, for tests.

#include "mazes/shortest_paths.hpp"
#include "mazes/way.hpp"

#include <random>
#include <vector>

namespace stint {

struct RandomPair {
  Point start, goal;
  Way shortest;
};

/// Two free places at random with the shortest way between them.
inline std::vector<RandomPair> random_pairs(const Maze& maze, int count) {
  const ShortestPaths paths(maze, WallTest::physical);
  std::mt19937_64 engine(7);
  const auto& cells = maze.free_cells();
  std::uniform_int_distribution<std::size_t> cell(0, cells.size() - 1);
  const double noise = maze.world() == MazeWorld::d4rl ? 0.1 : 1;
  std::uniform_real_distribution<double> beside(-noise, noise);
  const auto place = [&] {
    const Point centre = maze.centre(cells[cell(engine)]);
    const double x = beside(engine);
    return Point{centre.x + x, centre.y + beside(engine)};
  };
  std::vector<RandomPair> pairs;
  for (int k = 0; k < count; ++k) {
    const Point start = place(), goal = place();
    pairs.push_back({start, goal, paths.path(start, goal)});
  }
  return pairs;
}

} // namespace stint
