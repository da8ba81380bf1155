#include "src/maze/execution.hpp"

#include "lattice/parallel.hpp"
#include "mazes/fastest.hpp"
#include "src/maze/plan_metrics.hpp"
#include "src/program/numbers.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>

namespace stint {
namespace {

/// Episodes of the first plans, as fast as possible: what the best controller would have got.
CeilingMetrics compare_with_fastest(const PlansFile& plans, const std::vector<Episode>& episodes,
                                    const D4rlScore& score, const ExecutionOptions& options) {
  const auto count = std::min(options.ceiling_plans, std::ssize(plans.rows));
  const FastestWays ways(plans.maze);
  std::vector<double> best(count), own(count), steps(count);
  Progress progress("ceiling", count, "plans", options.progress);
  std::atomic<std::int64_t> done = 0;
  parallel_for(count, omp_get_max_threads(), [&](std::int64_t n) {
    const auto& row = plans.rows[n];
    const auto least = ways.steps(row.start, row.goal);
    own[n] = static_cast<double>(episodes[n].return_);
    // The ball is at the goal after step max(least, 1) and all that follow.
    steps[n] = least ? std::max(*least, 1.0) : NAN;
    best[n] = std::max(least ? static_cast<double>(options.horizon) + 1 - steps[n] : 0.0, own[n]);
    const auto so_far = ++done;
    if (omp_get_thread_num() == 0)
      progress.update(so_far);
  });
  progress.update(count);

  CeilingMetrics metrics;
  metrics.plans = count;
  std::vector<double> scores, own_scores, least, taken;
  for (std::int64_t n = 0; n < count; ++n) {
    scores.push_back(score.of(best[n]));
    own_scores.push_back(score.of(own[n]));
    if (episodes[n].reached > 0 && !std::isnan(steps[n])) {
      taken.push_back(static_cast<double>(episodes[n].reached));
      least.push_back(std::min(steps[n], taken.back()));
    }
  }
  metrics.score = mean_of(scores);
  metrics.score_of_plans = mean_of(own_scores);
  metrics.steps = mean_of(least);
  metrics.steps_of_plans = mean_of(taken);
  metrics.fraction.value = metrics.score_of_plans.value / metrics.score.value;
  std::vector<double> residuals; // of a ratio of means
  for (std::int64_t n = 0; n < count; ++n)
    residuals.push_back(own_scores[n] - metrics.fraction.value * scores[n]);
  metrics.fraction.error = mean_of(residuals).error / std::abs(metrics.score.value);
  return metrics;
}

bool ends_at_the_goal(const PlansFile& plans) {
  if (!plans.maze.goal())
    return false;
  const Point goal = plans.maze.centre(*plans.maze.goal());
  return std::ranges::all_of(plans.rows, [&](const PlanRow& row) { return row.goal == goal; });
}

/// The tasks of the maze that the plans are between, and the mean success of these in per cent.
void count_tasks(ExecutionMetrics& metrics, const PlansFile& plans, const std::vector<Episode>& episodes) {
  for (const auto& [start, goal] : plans.maze.tasks()) {
    TaskMetrics task{start, goal, {}};
    for (std::size_t n = 0; n < episodes.size(); ++n) {
      const auto& row = plans.rows[n];
      if (plans.maze.cell_at(row.start) == start && plans.maze.cell_at(row.goal) == goal)
        task.success.add(episodes[n].reached > 0);
    }
    if (task.success.of > 0)
      metrics.tasks.push_back(task);
  }
  std::int64_t of_tasks = 0;
  double sum = 0, variance = 0;
  for (const auto& task : metrics.tasks) {
    of_tasks += task.success.of;
    const double p = task.success.value();
    sum += p;
    variance += p * (1 - p) / static_cast<double>(task.success.of);
  }
  const auto count = static_cast<double>(metrics.tasks.size());
  if (metrics.tasks.size() == plans.maze.tasks().size() && of_tasks == metrics.arrived.of && of_tasks > 0)
    metrics.score = MeanOf{100 * sum / count, 100 * std::sqrt(variance) / count};
}

} // namespace

std::int64_t standard_horizon(const Maze& maze) {
  if (maze.world() == MazeWorld::ogbench)
    return ogbench_horizon;
  constexpr std::int64_t of_others = 800;
  const auto score = d4rl_score(maze);
  return score ? score->horizon : of_others;
}

ExecutionMetrics execute_plans(const PlansFile& plans, const ExecutionOptions& options) {
  ExecutionMetrics metrics;
  metrics.options = options;
  auto& horizon = metrics.options.horizon;
  if (horizon == 0)
    horizon = standard_horizon(plans.maze);
  const MazeSimulator simulator(plans.maze);
  const bool ogbench = plans.maze.world() == MazeWorld::ogbench;
  std::vector<Episode> episodes(plans.rows.size());
  parallel_for(std::ssize(episodes), omp_get_max_threads(), [&](std::int64_t n) {
    const auto& row = plans.rows[n];
    episodes[n] = run_episode(plans.maze, simulator, row.points, plans.every, options.follow, row.start, row.goal,
                              horizon, ogbench);
  });

  std::vector<double> steps, at_goal;
  for (const auto& episode : episodes) {
    metrics.arrived.add(episode.reached > 0);
    at_goal.push_back(static_cast<double>(episode.return_));
    if (episode.reached > 0)
      steps.push_back(static_cast<double>(episode.reached));
  }
  metrics.steps = mean_of(steps);
  metrics.steps_at_goal = mean_of(at_goal);
  metrics.single_goal = ends_at_the_goal(plans);
  if (ogbench)
    count_tasks(metrics, plans, episodes);
  const auto score = d4rl_score(plans.maze);
  if (!score || horizon != score->horizon)
    return metrics;
  const double per_step = 100 / (score->reference - score->random);
  metrics.score = MeanOf{score->of(metrics.steps_at_goal.value), per_step * metrics.steps_at_goal.error};
  if (options.ceiling_plans > 0)
    metrics.ceiling = compare_with_fastest(plans, episodes, *score, metrics.options);
  return metrics;
}

Json json_of(const ExecutionMetrics& metrics) {
  Json json = {{"follow", metrics.options.follow == Follow::path ? "path" : "time"},
               {"horizon", metrics.options.horizon},
               {"goals", metrics.single_goal ? "single" : "several"},
               {"arrived", json_of(metrics.arrived)},
               {"steps_to_goal", json_of(metrics.steps)},
               {"steps_at_goal", json_of(metrics.steps_at_goal)}};
  if (const auto& ceiling = metrics.ceiling)
    json["ceiling"] = {{"plans", ceiling->plans},
                       {"score", json_of(ceiling->score)},
                       {"score_of_plans", json_of(ceiling->score_of_plans)},
                       {"fraction", json_of(ceiling->fraction)},
                       {"steps_to_goal", json_of(ceiling->steps)},
                       {"steps_to_goal_of_plans", json_of(ceiling->steps_of_plans)}};
  for (const auto& task : metrics.tasks)
    json["tasks"].push_back({{"start", {task.start.row, task.start.column}},
                             {"goal", {task.goal.row, task.goal.column}},
                             {"success", json_of(task.success)}});
  return json;
}

std::string table_of(const ExecutionMetrics& metrics, const Maze& maze) {
  std::string text;
  const auto line = [&](const std::string& name, const std::string& value) {
    text += fmt::format("{:<44}{}\n", name, value);
  };
  const auto number = [](const MeanOf& mean) { return with_error(mean.value, mean.error); };
  line(fmt::format("ball at the goal within {} steps", metrics.options.horizon), text_of(metrics.arrived));
  line("steps to the goal, of those", number(metrics.steps));
  const bool ogbench = maze.world() == MazeWorld::ogbench;
  for (const auto& task : metrics.tasks)
    line(fmt::format("  task ({}, {}) -> ({}, {})", task.start.row, task.start.column, task.goal.row, task.goal.column),
         text_of(task.success));
  if (metrics.score && ogbench)
    line("success, mean of the five tasks, %", number(*metrics.score));
  if (metrics.score && !ogbench)
    line(fmt::format("D4RL's normalised score, {}", metrics.single_goal ? "single goal" : "several goals"),
         number(*metrics.score));
  if (const auto& ceiling = metrics.ceiling) {
    const std::string of = ceiling->plans == metrics.arrived.of ? "" : fmt::format(", first {} plans", ceiling->plans);
    line("  time-optimal controller" + of, number(ceiling->score));
    line("  fraction of that", number(ceiling->fraction));
    line("  its steps to the goal", number(ceiling->steps));
  }
  return text;
}

} // namespace stint
