#pragma once
// Plans followed in the simulator, all of a file, and the benchmarks' scores.

#include "mazes/episode.hpp"
#include "src/maze/fraction.hpp"
#include "src/maze/plans_file.hpp"
#include "src/program/json_output.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stint {

struct ExecutionOptions {
  Follow follow = Follow::path;
  std::int64_t horizon = 0;          ///< steps of an episode; 0: the benchmark's, standard_horizon()
  std::int64_t ceiling_plans = 1000; ///< so many plans, the first ones, are compared with a time-optimal controller
  bool progress = false;
};

/// 300, 600 and 800 steps in umaze, medium and large, 1000 in OGBench's mazes, 800 in other mazes of D4RL's world.
std::int64_t standard_horizon(const Maze& maze);

/// D4RL: the first plans against FastestWays, or against the plan itself where that was faster.
struct CeilingMetrics {
  std::int64_t plans = 0;
  MeanOf score, score_of_plans; ///< normalised; the latter is that of the same plans
  MeanOf fraction;              ///< of score in score_of_plans
  MeanOf steps, steps_of_plans; ///< to the goal, of plans that arrive
};

/// OGBench: one of the maze's five pairs of cells.
struct TaskMetrics {
  Cell start, goal;
  Fraction success;
};

struct ExecutionMetrics {
  ExecutionOptions options;
  bool single_goal = false;    ///< all plans end in the middle of the maze's cell G
  Fraction arrived;            ///< of all plans: the ball was within the goal's tolerance in the end of some step
  MeanOf steps;                ///< until then, of those that arrived
  MeanOf steps_at_goal;        ///< D4RL's return, of all plans; one that was not found has none
  std::optional<MeanOf> score; ///< D4RL's normalised score; OGBench's success in per cent, the mean over tasks
  std::optional<CeilingMetrics> ceiling;
  std::vector<TaskMetrics> tasks;
};

/// Follows the plans after retries, each from its start at rest. On all threads.
ExecutionMetrics execute_plans(const PlansFile& plans, const ExecutionOptions& options);

Json json_of(const ExecutionMetrics& metrics);
std::string table_of(const ExecutionMetrics& metrics, const Maze& maze);

} // namespace stint
