// stint maze generate: data by the recipes of D4RL and OGBench.

#include "lattice/parallel.hpp"
#include "mazes/recipe.hpp"
#include "src/files/maze_file.hpp"
#include "src/maze/commands.hpp"
#include "src/maze/layout_option.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/options.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <vector>

namespace stint {
namespace {

constexpr std::int64_t least_batch = 1 << 17, most_batch = 1 << 23; // steps at a time in memory, 36 bytes each
constexpr std::int64_t most_run_steps = most_batch;
constexpr std::int64_t group = RecipeRuns::runs_in_step; // runs that a thread makes together

struct GenerateSettings {
  std::string layout, world, recipe;
  std::optional<std::int64_t> steps, target_steps, run_steps;
  double noise = Recipe{}.noise;

  void declare(Options& options);
  Recipe recipe_for(const Maze& maze) const; ///< throws UsageError
};

void GenerateSettings::declare(Options& options) {
  options.group("What to make");
  options.value("layout", layout, "NAME|FILE", layout_help());
  options.require("layout");
  options.value("world", world, "d4rl|ogbench",
                "whose simulator the maze of a file belongs to; default d4rl. In D4RL x runs along the rows and cells "
                "have side 1; in OGBench x runs along the columns and cells have side 4");
  options.value("recipe", recipe, "NAME",
                "maze2d (D4RL: a ball with inertia goes from target to target); navigate (OGBench: from goal to goal); "
                "stitch (OGBench: runs to a goal 4 cells away); default maze2d and navigate");
  options.value("steps", steps, "N", "in all", "the size of the published file of this maze");
  options.group("Recipe");
  options.value("noise", noise, "SIGMA", "standard deviation of the noise on actions; the published data have 0.5");
  options.value("target-steps", target_steps, "N", "of maze2d: a new target at the latest after so many steps",
                "300, 600 or 800, for up to 25, 64 and more cells");
  options.value("run-steps", run_steps, "N", "steps of a run, which begins at a random place",
                "maze2d 20000, navigate 1001 (2001 from 150 cells on), stitch 201");
}

Recipe GenerateSettings::recipe_for(const Maze& maze) const {
  const auto kind = checked([&] {
    if (!recipe.empty())
      return recipe_named(recipe);
    return maze.world() == MazeWorld::d4rl ? RecipeKind::maze2d : RecipeKind::navigate;
  });
  if (target_steps && kind != RecipeKind::maze2d)
    throw UsageError("--target-steps goes with --recipe maze2d only");
  Recipe made = checked([&] { return standard_recipe(kind, maze); });
  made.noise = noise;
  made.target_steps = target_steps.value_or(made.target_steps);
  made.run_steps = run_steps.value_or(made.run_steps);
  made.steps = steps.value_or(made.steps);
  for (const auto& [option, value] :
       {std::pair{"steps", made.steps}, {"target-steps", made.target_steps}, {"run-steps", made.run_steps}})
    if (value < 1)
      throw UsageError(fmt::format("--{} is {}, expected at least 1", option, value));
  if (!(noise >= 0))
    throw UsageError(fmt::format("--noise is {}, expected at least 0", noise));
  if (made.run_steps > most_run_steps)
    throw UsageError(fmt::format("--run-steps is {}, expected at most {}", made.run_steps, most_run_steps));
  if ((made.steps - 1) / made.run_steps > std::numeric_limits<std::uint32_t>::max())
    throw UsageError(fmt::format("--steps {} are more than 2^32 runs of {} steps", made.steps, made.run_steps));
  return made;
}

/// Means and standard deviations of x, y, vx and vy, and how many targets there were.
class Moments {
public:
  void add(std::span<const RecipeStep> steps) {
    for (const auto& step : steps) {
      const std::array<double, 4> values = {step.x, step.y, step.vx, step.vy};
      for (std::size_t k = 0; k < values.size(); ++k) {
        first_[k] += values[k];
        second_[k] += values[k] * values[k];
      }
      ends_ += step.last ? 1 : 0;
    }
    count_ += std::ssize(steps);
  }
  double mean(std::size_t k) const { return first_[k] / static_cast<double>(count_); }
  double deviation(std::size_t k) const {
    return std::sqrt(std::max(second_[k] / static_cast<double>(count_) - mean(k) * mean(k), 0.0));
  }
  std::int64_t ends() const { return ends_; }

private:
  std::array<double, 4> first_{}, second_{};
  std::int64_t count_ = 0, ends_ = 0;
};

struct Made {
  Moments moments;
  std::int64_t runs = 0;
  double simulation_seconds = 0; ///< without writing
  double processor_seconds = 0;  ///< of the simulation, all threads together
};

/// Few enough that steps are written while they are in the cache, some for each thread.
std::int64_t runs_at_once(const Recipe& recipe) {
  const std::int64_t for_threads = 2 * group * omp_get_max_threads();
  const std::int64_t runs = std::max(for_threads, least_batch / recipe.run_steps / group * group);
  return std::clamp<std::int64_t>(runs, 1, most_batch / recipe.run_steps);
}

/// All steps, some runs at a time on all threads.
Made make(const RecipeRuns& runs, const Recipe& recipe, MazeDataWriter& out, bool show_progress) {
  using Clock = std::chrono::steady_clock;
  Made made{.moments = {}, .runs = (recipe.steps + recipe.run_steps - 1) / recipe.run_steps};
  const std::int64_t at_once = runs_at_once(recipe);
  const std::int64_t group_steps = group * recipe.run_steps;
  std::vector<RecipeStep> steps;
  Progress progress("maze generate", recipe.steps, "steps", show_progress);
  for (std::int64_t run = 0; run < made.runs; run += at_once) {
    const std::int64_t begin = run * recipe.run_steps;
    const std::int64_t end = std::min(begin + at_once * recipe.run_steps, recipe.steps);
    const auto start = Clock::now();
    const auto processor_start = std::clock();
    steps.resize(static_cast<std::size_t>(end - begin));
    parallel_for((end - begin + group_steps - 1) / group_steps, omp_get_max_threads(), [&](std::int64_t i) {
      const std::int64_t first = i * group_steps, last = std::min(first + group_steps, end - begin);
      runs.make(static_cast<std::uint32_t>(run + i * group), std::span(steps).subspan(first, last - first));
    });
    made.simulation_seconds += std::chrono::duration<double>(Clock::now() - start).count();
    made.processor_seconds += static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
    made.moments.add(steps);
    out.append(steps);
    progress.update(end);
  }
  return made;
}

Json json_of(const Made& made, const Recipe& recipe, double seconds) {
  Json mean = Json::array(), deviation = Json::array();
  for (std::size_t k = 0; k < 4; ++k) {
    mean.push_back(made.moments.mean(k));
    deviation.push_back(made.moments.deviation(k));
  }
  return {{"steps", recipe.steps},
          {"runs", made.runs},
          {"targets", made.moments.ends()},
          {"mean", mean},
          {"standard_deviation", deviation},
          {"seconds", seconds},
          {"simulation_steps_per_second", static_cast<double>(recipe.steps) / made.simulation_seconds},
          {"steps_per_processor_second", static_cast<double>(recipe.steps) / made.processor_seconds}};
}

} // namespace

int run_maze_generate(const Context& context, Arguments arguments) {
  GenerateSettings settings;
  CommonOptions common;
  Options options(
      "maze generate",
      "Makes paths through a maze as D4RL (maze2d) and OGBench (pointmaze) made theirs, by simulators of our own, and "
      "writes them in D4RL's form: /observations are x, y, vx, vy (in OGBench's world x, y), /timeouts the last step "
      "before a new target. Walls stop the ball without friction or bounce. --threads does not change the result. "
      "'stint import --maze' cuts the file into the windows that a model learns from.");
  settings.declare(options);
  options.reads("layout");
  options.example("stint maze generate --layout umaze --output umaze.hdf5");
  options.example("stint maze generate --layout ogbench-giant --recipe stitch --output stitch.hdf5");
  options.example("stint maze generate --layout mine.txt --steps 1e6 --seed 2 --output mine.hdf5");
  if (!read_options(context, options, common,
                    {.output = "HDF5 file to write", .output_required = true, .seed = "seed of all random numbers"},
                    arguments))
    return 0;
  const Maze maze = maze_of(settings.layout, settings.world);
  const Recipe recipe = settings.recipe_for(maze);
  check_outputs(context, common, {common.output, common.json});

  const auto start = std::chrono::steady_clock::now();
  const RecipeRuns runs(maze, recipe, static_cast<std::uint64_t>(common.seed));
  MazeDataWriter out(common.output, common.overwrite, maze, recipe, recipe.steps,
                     provenance_of(context, options, common));
  const Made made = make(runs, recipe, out, !common.quiet);
  out.commit();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Json json = json_of(made, recipe, seconds);
  if (!common.quiet) {
    const auto& m = made.moments;
    std::fputs(
        fmt::format("{}: {} steps of the recipe {}, {} runs, {} targets, in {}\nposition  mean ({:.3f}, {:.3f}), "
                    "standard deviation ({:.3f}, {:.3f})\nvelocity  standard deviation ({:.3f}, {:.3f})\n"
                    "simulated {:.3g} steps a second\n",
                    common.output, recipe.steps, name_of(recipe.kind), made.runs, m.ends(), duration_text(seconds),
                    m.mean(0), m.mean(1), m.deviation(0), m.deviation(1), m.deviation(2), m.deviation(3),
                    json["simulation_steps_per_second"].get<double>())
            .c_str(),
        stdout);
  }
  write_json(common.json, json, common.overwrite);
  return 0;
}

} // namespace stint
