// stint maze evaluate: what plans are worth.

#include "src/files/atomic_file.hpp"
#include "src/files/png_file.hpp"
#include "src/maze/commands.hpp"
#include "src/maze/execution.hpp"
#include "src/maze/maze_picture.hpp"
#include "src/maze/plan_metrics.hpp"
#include "src/maze/plans_file.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <stdexcept>

namespace stint {

namespace {

struct EvaluateSettings {
  std::vector<std::string> files;
  std::string follow = "path";
  std::optional<std::int64_t> horizon;
  std::int64_t ceiling = ExecutionOptions{}.ceiling_plans;
  bool no_execution = false;
  std::string picture, drawn = "after";

  void declare(Options& options) {
    options.positional("PLANS", files, 1, 1, "file of 'stint maze plan'");
    options.group("Execution");
    options.choice("follow", follow, {"path", "time"},
                   "what of a plan the ball keeps: its places, as fast as it can pass them, or also its times");
    options.value("horizon", horizon, "N", "steps of an episode; scores go with the default only",
                  "300, 600 and 800 in umaze, medium and large, 1000 in OGBench's mazes, 800 elsewhere");
    options.value("ceiling", ceiling, "N",
                  "compare the first N plans with a time-optimal controller (umaze, medium, large)");
    options.flag("no-execution", no_execution, "follow no plan");
    options.group("Picture");
    options.value("picture", picture, "FILE.png",
                  "draw the first plans over the maze, a panel for each of up to 16 pairs; what meets a wall is red");
    options.writes("picture");
    options.choice("draw", drawn, {"after", "first"}, "the plans after retries, or as they were drawn first");
  }

  ExecutionOptions execution(bool progress) const {
    if (horizon && *horizon < 1)
      throw UsageError(fmt::format("--horizon is {}, expected at least 1", *horizon));
    if (ceiling < 0)
      throw UsageError(fmt::format("--ceiling is {}, expected at least 0", ceiling));
    return {follow == "path" ? Follow::path : Follow::time, horizon.value_or(0), ceiling, progress};
  }
};

} // namespace

int run_maze_evaluate(const Context& context, Arguments arguments) {
  EvaluateSettings settings;
  CommonOptions common;
  Options options("maze evaluate",
                  "Says what plans of 'stint maze plan' are worth. First the plans themselves: whether they meet their "
                  "places and keep out of walls, as they were drawn first and after retries, by both wall tests, "
                  "points alone and the segments between them too; length and roughness against shortest ways; how "
                  "different the plans of one pair of places are. Then a ball follows the plans (after retries) in the "
                  "simulator, by a feedback controller that knows the plan but not the walls: D4RL's normalised score "
                  "and its fraction of the score of a time-optimal controller, or OGBench's rates of success.");
  settings.declare(options);
  options.example("stint maze evaluate plans.h5 --json plans.json");
  options.example("stint maze evaluate plans.h5 --follow time --ceiling 0");
  options.example("stint maze evaluate plans.h5 --picture plans.png --no-execution");
  if (!read_options(context, options, common, {}, arguments))
    return 0;
  const auto execution_options = settings.execution(!common.quiet);
  check_outputs(context, common, {common.output, common.json, settings.picture});

  const std::string& file = settings.files[0];
  const PlansFile plans = read_plans(file);
  if (plans.rows.empty())
    throw std::runtime_error(file + ": has no plans; nothing can be evaluated");
  const PlanMetrics metrics = measure_plans(plans);
  std::string text = fmt::format("{}: {} plans between {} pairs of places\n\n", file, metrics.plans, metrics.pairs) +
                     table_of(metrics);
  Json json = json_of(metrics);
  json["score"] = nullptr;
  if (!settings.no_execution) {
    const ExecutionMetrics execution = execute_plans(plans, execution_options);
    text += '\n';
    text += table_of(execution, plans.maze);
    if (execution.score)
      json["score"] = json_of(*execution.score);
    json["execution"] = json_of(execution);
  }
  if (!settings.picture.empty()) {
    AtomicFile target(settings.picture, common.overwrite);
    write_png(target.temporary(), settings.picture,
              picture_of(plans, settings.drawn == "first" ? DrawnPlans::first : DrawnPlans::after));
    target.commit();
  }
  print_result(common, text);
  write_json(common.json, json, common.overwrite);
  return 0;
}

} // namespace stint
