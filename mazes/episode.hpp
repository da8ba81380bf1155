#pragma once
// A plan followed in the simulator, and how the benchmarks count it.

#include "mazes/follower.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace stint {

/// What happened.
struct Episode {
  std::int64_t return_ = 0;       ///< steps after which the ball was within the goal's tolerance
  std::int64_t reached = -1;      ///< the first such step, counted from 1; -1: never
  std::vector<Point> positions{}; ///< from the start on, if asked for
};

/// From `start` at rest for `horizon` steps; with `until_goal` the episode ends where the goal is reached first. A plan
/// without points, and a start in a wall, give an Episode without steps.
Episode run_episode(const Maze& maze, const MazeSimulator& simulator, const Way& plan, std::int64_t every, Follow mode,
                    Point start, Point goal, std::int64_t horizon, bool until_goal, bool keep_positions = false);

/// How D4RL counts in its three mazes: episodes of `horizon` steps, the reward 1 for every step that ends within 0.5 of
/// the goal, and the score 100 (return - random) / (reference - random), with the returns of a random and of D4RL's own
/// controller (maze2d-*-v1, sparse reward; d4rl/infos.py).
struct D4rlScore {
  std::int64_t horizon;
  double random, reference;

  double of(double steps_at_goal) const { return 100 * (steps_at_goal - random) / (reference - random); }
};

/// None for other mazes. A layout without its goal, or with another one, counts as the same maze.
std::optional<D4rlScore> d4rl_score(const Maze& maze);

/// OGBench ends an episode after so many steps.
inline constexpr std::int64_t ogbench_horizon = 1000;

} // namespace stint
