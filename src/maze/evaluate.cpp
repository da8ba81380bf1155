// stint maze evaluate: what plans are worth.

#include "src/maze/commands.hpp"
#include "src/maze/plan_metrics.hpp"
#include "src/maze/plans_file.hpp"
#include "src/program/json_output.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace stint {

int run_maze_evaluate(const Context& context, Arguments arguments) {
  std::vector<std::string> files;
  CommonOptions common;
  Options options("maze evaluate",
                  "Says what plans of 'stint maze plan' are worth: whether they meet their places and keep out of "
                  "walls, as they were drawn first and after retries, by both wall tests, points alone and the "
                  "segments between them too; their length and roughness against shortest ways; how different the "
                  "plans of one pair of places are.");
  options.positional("PLANS", files, 1, 1, "file of 'stint maze plan'");
  options.example("stint maze evaluate plans.h5 --json plans.json");
  if (!read_options(context, options, common, {}, arguments))
    return 0;
  check_outputs(context, common, {common.output, common.json});

  const PlansFile plans = read_plans(files[0]);
  if (plans.rows.empty())
    throw std::runtime_error(files[0] + ": has no plans; nothing can be evaluated");
  const PlanMetrics metrics = measure_plans(plans);
  Json json = json_of(metrics);
  print_result(common,
               fmt::format("{}: {} plans between {} pairs of places\n\n", files[0], metrics.plans, metrics.pairs) +
                   table_of(metrics));
  write_json(common.json, json, common.overwrite);
  return 0;
}

} // namespace stint
