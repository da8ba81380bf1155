// A ball follows the shortest way through OGBench's largest maze.

#include "mazes/shortest_paths.hpp"
#include "mazes/simulator.hpp"

#include <cmath>
#include <cstdio>

int main() {
  const stint::Maze maze = stint::Maze::named("ogbench-giant");
  const auto [start, goal] = maze.tasks()[0];
  const stint::ShortestPaths shortest(maze, stint::WallTest::physical);
  const auto way = shortest.path(maze.centre(start), maze.centre(goal));

  const stint::MazeSimulator simulator(maze);
  stint::Ball ball{.position = way.front(), .velocity = {}};
  double length = 0;
  for (const stint::Point corner : way) {
    for (double away = 1; away > 1e-9;) {
      const stint::Point d{corner.x - ball.position.x, corner.y - ball.position.y};
      const double rest = std::hypot(d.x, d.y), stride = std::max(rest, 0.2); // an action of 1 is 0.2
      const stint::Ball next = simulator.step(ball, {d.x / stride, d.y / stride});
      length += std::hypot(next.position.x - ball.position.x, next.position.y - ball.position.y);
      ball = next;
      away = std::hypot(corner.x - ball.position.x, corner.y - ball.position.y);
    }
  }
  const double expected = shortest.length(way.front(), way.back());
  std::printf("%zu corners, length %.4f, expected %.4f\n", way.size() - 2, length, expected);
  return std::abs(length - expected) < 1e-6 ? 0 : 1;
}
