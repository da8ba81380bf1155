#include "mazes/episode.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace stint {
namespace {

/// A place that is free but for rounding (Maze::slack()), at the edge of the walls that it is in.
Point out_of_walls(const Maze& maze, Point place) {
  for (const auto& [low, high] : maze.walls(WallTest::physical)) {
    if (!(low.x < place.x && place.x < high.x && low.y < place.y && place.y < high.y))
      continue;
    const double slack = 2 * maze.slack();
    if (place.x - low.x < slack)
      place.x = low.x;
    else if (high.x - place.x < slack)
      place.x = high.x;
    else if (place.y - low.y < slack)
      place.y = low.y;
    else
      place.y = high.y;
  }
  return place;
}

} // namespace

Episode run_episode(const Maze& maze, const MazeSimulator& simulator, const Way& plan, std::int64_t every, Follow mode,
                    Point start, Point goal, std::int64_t horizon, bool until_goal, bool keep_positions) {
  Episode episode;
  if (plan.empty() || !maze.is_free(start, WallTest::physical))
    return episode;
  const Follower follower(maze.world(), plan, every, mode);
  const double tolerance = facts(maze.world()).goal_tolerance;
  Follower::Progress progress;
  Ball ball{.position = out_of_walls(maze, start), .velocity = {}};
  for (std::int64_t step = 1; step <= horizon; ++step) {
    if (keep_positions)
      episode.positions.push_back(ball.position);
    ball = simulator.step(ball, follower.action(ball, progress));
    if (distance(ball.position, goal) > tolerance)
      continue;
    ++episode.return_;
    if (episode.reached < 0)
      episode.reached = step;
    if (until_goal)
      break;
  }
  if (keep_positions)
    episode.positions.push_back(ball.position);
  return episode;
}

std::optional<D4rlScore> d4rl_score(const Maze& maze) {
  const auto walls = [](const Maze& of) {
    std::string text = of.text();
    std::ranges::replace(text, 'G', 'O');
    return text;
  };
  struct Row {
    std::string_view name;
    D4rlScore score;
  };
  for (const auto& [name, score] :
       {Row{"umaze", {300, 23.85, 161.86}}, Row{"medium", {600, 13.13, 277.39}}, Row{"large", {800, 6.7, 273.99}}}) {
    if (maze.world() == MazeWorld::d4rl && walls(maze) == walls(Maze::named(name)))
      return score;
  }
  return {};
}

} // namespace stint
