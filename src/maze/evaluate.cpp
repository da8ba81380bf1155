// stint maze evaluate: what plans are worth.

#include "mazes/episode.hpp"
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

#include <algorithm>
#include <cctype>
#include <filesystem>
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

  void check(const Options& options) const {
    constexpr std::int64_t most_horizon = 1000000, most_ceiling = 1000000;
    if (horizon && (*horizon < 1 || *horizon > most_horizon))
      throw UsageError(fmt::format("--horizon is {}, expected 1 to {}", *horizon, most_horizon));
    if (ceiling < 0 || ceiling > most_ceiling)
      throw UsageError(fmt::format("--ceiling is {}, expected 0 to {}", ceiling, most_ceiling));
    for (const char* option : {"follow", "horizon", "ceiling"})
      if (no_execution && options.given(option))
        throw UsageError(fmt::format("--{} is of the execution and does not go with --no-execution", option));
    if (options.given("draw") && picture.empty())
      throw UsageError("--draw goes with --picture only");
    std::string ending = std::filesystem::path(picture).extension();
    std::ranges::transform(ending, ending.begin(), [](unsigned char letter) { return std::tolower(letter); });
    if (!picture.empty() && ending != ".png")
      throw UsageError(fmt::format("--picture is '{}', expected a name that ends in .png", picture));
  }

  /// What the plans have to be of for options that only some mazes have.
  void check(const Options& options, const PlansFile& plans) const {
    if (!options.given("ceiling") || ceiling == 0)
      return;
    const auto score = d4rl_score(plans.maze);
    if (!score)
      throw UsageError(
          fmt::format("--ceiling goes with umaze, medium and large only; {} is of another maze", files[0]));
    if (horizon && *horizon != score->horizon)
      throw UsageError(
          fmt::format("--ceiling goes with the maze's own --horizon {} only, not with {}", score->horizon, *horizon));
  }

  ExecutionOptions execution(bool progress) const {
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
  settings.check(options);
  check_outputs(context, common, {common.output, common.json, settings.picture});

  const std::string& file = settings.files[0];
  const PlansFile plans = read_plans(file);
  if (plans.rows.empty())
    throw std::runtime_error(file + ": has no plans; nothing can be evaluated");
  settings.check(options, plans);
  const PlanMetrics metrics = measure_plans(plans);
  std::string text = fmt::format("{}: {} plans between {} pairs of places\n\n", file, metrics.plans, metrics.pairs) +
                     table_of(metrics);
  Json json = json_of(metrics);
  json["score"] = nullptr;
  if (!settings.no_execution) {
    const ExecutionMetrics execution = execute_plans(plans, settings.execution(!common.quiet));
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
