#include "src/maze/plan.hpp"

#include "generative/mazes/planner.hpp"
#include "src/maze/ends.hpp"
#include "src/maze/layout_option.hpp"
#include "src/maze/plans_file.hpp"
#include "src/program/compute.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/log.hpp"
#include "src/program/options.hpp"
#include "src/program/progress.hpp"
#include "src/sample/source.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

namespace stint {
namespace {

constexpr int default_steps = 16;
constexpr int least_steps_of_sde2 = 32; // its default; with fewer a warning is given

struct Settings {
  SourceOptions source;
  std::optional<std::string> layout, start, goal, waypoints, before;
  std::string ends = "random", test = "physical", solver = "multistep";
  std::int64_t pairs = 1, between = 0, plans = 1, retries = 3;
  PlannerOptions planner;
  std::optional<int> steps;
  std::optional<double> width;
  ComputeOptions compute;

  void declare(Options& options) {
    options.group("Model");
    options.value("model", source.model, "FILE", "model file of 'stint train', of paths through a maze");
    options.require("model");
    options.reads("model");
    options.value("layout", layout, "NAME|FILE", "the maze, for wall tests and random places: " + layout_help(),
                  "that of the model's data");
    options.reads("layout");
    options.group("Places");
    options.value("start", start, "X,Y", "where a path begins, in the units of the data", "random places, see --ends");
    options.value("goal", goal, "X,Y", "where it ends", "see --start");
    options.value("waypoint", waypoints, "X,Y[/X,Y...]", "places between, in this order", "none");
    options.value(
        "before", before, "X,Y[/X,Y...]",
        "where a ball in motion has been before the start, as far apart in time as points of a path, the last "
        "one last: the path goes on from the last --overlap of these and the start",
        "none: the path begins in any motion");
    options.value("pairs", pairs, "N", "random starts and goals");
    options.choice("ends", ends, {"random", "goal", "tasks"},
                   "random places: two free cells, the maze's own cell G as goal, or OGBench's five pairs in turn");
    options.value("waypoints", between, "N", "random waypoints between random ends");
    options.value("plans", plans, "N", "paths for each start and goal");
    options.group("Planning");
    options.choice("solver", solver, {"multistep", "sde2", "sde"}, "of the ODE, or of the SDE");
    options.value(
        "steps", steps, "N",
        fmt::format("evaluations of the model for each window: {} or more of sde2, whose errors grow from step to step "
                    "with fewer until paths are noise; 8 or more of multistep and sde. docs/mazes.md has a table",
                    least_steps_of_sde2),
        fmt::format("{}; of sde2 {}", default_steps, least_steps_of_sde2));
    options.value("retries", retries, "N", "new draws of a path that fails the test");
    options.choice(
        "retry-test", test, {"physical", "centre"},
        "what a path is drawn again for: a segment where the ball touches a wall, or whose line is inside one");
    options.value(
        "candidates", planner.candidates, "N",
        "draws of a window at most: one that goes where no path of the roadmap has been is drawn again, and the one "
        "is kept that does so least");
    options.value("slack", planner.slack, "FACTOR",
                  "times the likeliest number of points between two places, as the roadmap has it; each retry takes an "
                  "eighth more");
    options.value("overlap", planner.overlap, "N",
                  "points of the path so far that a window after the first is held to");
    options.value("look-ahead", planner.look_ahead, "N",
                  "points before a stop of the roadmap's where the next window begins, which need not pass the stop");
    options.value("dreams", planner.dreams, "N", "windows that the roadmap is made of");
    options.value("width", width, "W", "of the roadmap's squares", "a tenth of a cell");
    options.value("longest", planner.longest, "N",
                  "points of a window after the known ones at most; stops of the roadmap are --look-ahead less apart");
    options.value("stop-cost", planner.stop_cost, "POINTS", "what a stop of the roadmap's counts beside its time");
    options.value("batch", planner.batch, "N", "windows at a time; paths depend on it by rounding only");
    compute.declare(options);
  }

  void check(const Options& options) const {
    struct Limits {
      const char* option;
      std::int64_t value, least, most;
    };
    constexpr std::int64_t million = 1000000;
    for (const auto& [option, value, least, most] : {Limits{"pairs", pairs, 1, million},
                                                     {"plans", plans, 1, million},
                                                     {"waypoints", between, 0, 100},
                                                     {"steps", steps.value_or(default_steps), 3, 256},
                                                     {"retries", retries, 0, 1000},
                                                     {"overlap", planner.overlap, 1, million},
                                                     {"longest", planner.longest, 1, million},
                                                     {"look-ahead", planner.look_ahead, 0, million},
                                                     {"candidates", planner.candidates, 1, 32},
                                                     {"dreams", planner.dreams, 1, million},
                                                     {"batch", planner.batch, 1, million}})
      if (value < least || value > most)
        throw UsageError(fmt::format("--{} is {}, expected {} to {}", option, value, least, most));
    if (pairs * plans > million)
      throw UsageError(fmt::format("--pairs {} times --plans {} are more than a million paths", pairs, plans));
    if (!(planner.slack >= 0.1 && planner.slack <= 100))
      throw UsageError(fmt::format("--slack is {}, expected 0.1 to 100", planner.slack));
    if (!(planner.stop_cost >= 0 && planner.stop_cost <= 1e6))
      throw UsageError(fmt::format("--stop-cost is {}, expected 0 to 1e6 points", planner.stop_cost));
    if (options.given("start") != options.given("goal"))
      throw UsageError("--start and --goal go together");
    if (options.given("waypoint") && !options.given("start"))
      throw UsageError("--waypoint goes with --start and --goal; --waypoints N are random ones");
    if (options.given("before") && !options.given("start"))
      throw UsageError("--before goes with --start and --goal");
    for (const char* option : {"pairs", "ends", "waypoints"})
      if (options.given("start") && options.given(option))
        throw UsageError(fmt::format("--{} is of random places and does not go with --start", option));
  }

  /// What depends on the model's windows and on the maze.
  void check(const Options& options, std::int64_t window, const Maze& maze) const {
    if (planner.overlap > window / 2)
      throw UsageError(
          fmt::format("--overlap is {}, expected 1 to {}, half a window of the model", planner.overlap, window / 2));
    if (options.given("longest") && planner.longest > window - planner.overlap)
      throw UsageError(fmt::format("--longest is {}, expected 1 to {}, a window of the model without --overlap {}",
                                   planner.longest, window - planner.overlap, planner.overlap));
    if (const auto drawn = std::min<std::int64_t>(planner.longest, window - planner.overlap);
        planner.look_ahead >= drawn)
      throw UsageError(
          fmt::format("--look-ahead is {}, expected 0 to {}, less than the points of a window that are drawn",
                      planner.look_ahead, drawn - 1));
    const double cell = facts(maze.world()).cell;
    if (width && !(*width >= cell / 1000 && *width <= cell))
      throw UsageError(
          fmt::format("--width is {}, expected {:.6g} to {:.6g}, the side of a cell", *width, cell / 1000, cell));
  }
};

/// That of --layout, or of the model's data.
Maze maze_for(const Settings& settings, const std::map<std::string, std::string>& notes) {
  const std::string world = notes.contains("world") ? notes.at("world") : "";
  if (!notes.contains("maze")) {
    if (settings.layout)
      return maze_of(*settings.layout, world);
    throw UsageError(fmt::format("--model {} does not say which maze it is of; give --layout", settings.source.model));
  }
  const Maze known =
      checked([&] { return Maze::from_text(notes.at("maze"), world.empty() ? MazeWorld::d4rl : world_named(world)); });
  if (!settings.layout)
    return known;
  const Maze maze = maze_of(*settings.layout, world);
  if (maze.free_cells() != known.free_cells())
    log_warning(fmt::format(
        "--layout {} has other walls than the maze of the model's data, which is all that the model knows: its "
        "paths are tested against the new walls, and drawn again",
        *settings.layout));
  return maze;
}

/// Steps of the simulator from point to point; 1 where the model does not say.
std::int64_t every_of(const std::map<std::string, std::string>& notes, const std::string& model) {
  const auto found = notes.find("every");
  if (found == notes.end())
    return 1;
  const std::string& text = found->second;
  std::int64_t every = 0;
  if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), every);
      error != std::errc{} || end != text.data() + text.size() || every < 1)
    throw UsageError(
        fmt::format("--model {}: its note 'every' is '{}', expected a whole number of steps", model, text));
  return every;
}

/// "X,Y[/X,Y...]"
std::vector<Point> parse_places(const std::string& option, const std::string& text) {
  if (text.empty() || text.back() == '/')
    throw UsageError(fmt::format("--{} is '{}', expected X,Y[/X,Y...]", option, text));
  std::vector<Point> places;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('/', begin), text.size());
    places.push_back(parse_place(option, text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return places;
}

std::vector<std::vector<Point>> places_of(const Settings& settings, const Maze& maze, std::uint64_t seed) {
  if (!settings.start)
    return draw_places(maze, settings.ends, settings.pairs, settings.between, seed);
  std::vector<Point> places = {parse_place("start", *settings.start)};
  check_place(maze, "start", places.back());
  if (settings.waypoints)
    for (const Point place : parse_places("waypoint", *settings.waypoints)) {
      check_place(maze, "waypoint", place);
      places.push_back(place);
    }
  places.push_back(parse_place("goal", *settings.goal));
  check_place(maze, "goal", places.back());
  for (std::size_t k = 1; k < places.size(); ++k)
    if (!maze.reachable(maze.cell_at(places[k - 1]), maze.cell_at(places[k])))
      throw UsageError(fmt::format("walls part {:.6g},{:.6g} from {:.6g},{:.6g}: no path joins them", places[k - 1].x,
                                   places[k - 1].y, places[k].x, places[k].y));
  return {std::move(places)};
}

/// The points of --before. Throws UsageError for a way through a wall.
std::vector<Point> before_of(const Settings& settings, const Maze& maze,
                             const std::vector<std::vector<Point>>& places) {
  if (!settings.before)
    return {};
  const auto before = parse_places("before", *settings.before);
  for (std::size_t k = 0; k < before.size(); ++k) {
    check_place(maze, "before", before[k]);
    const Point next = k + 1 < before.size() ? before[k + 1] : places.front().front();
    if (!maze.is_free(before[k], next, WallTest::centre))
      throw UsageError(fmt::format("--before: from {:.6g},{:.6g} to {:.6g},{:.6g} is a wall in between", before[k].x,
                                   before[k].y, next.x, next.y));
  }
  return before;
}

/// As float32 keeps them, so that a plan's ends are those that were asked for bit for bit.
Point rounded(Point place) { return {static_cast<float>(place.x), static_cast<float>(place.y)}; }

bool is_free(const Maze& maze, std::span<const Point> points, WallTest test) {
  if (points.empty() || !maze.is_free(points.front(), test))
    return false;
  for (std::size_t t = 1; t < points.size(); ++t)
    if (!maze.is_free(points[t - 1], points[t], test))
      return false;
  return true;
}

struct Outcome {
  std::vector<PlanRow> rows;
  std::int64_t found = 0, free_at_first = 0, free = 0, retried = 0;

  /// Of the pairs of places, those that no path joins.
  std::int64_t pairs_without_plan() const {
    std::set<std::int64_t> all, with;
    for (const auto& row : rows) {
      all.insert(row.pair);
      if (!row.points.empty())
        with.insert(row.pair);
    }
    return std::ssize(all) - std::ssize(with);
  }
};

Outcome find_paths(const Planner& planner, const Maze& maze, const std::vector<std::vector<Point>>& places,
                   const std::vector<Point>& before, const Settings& settings, WallTest test, std::uint64_t seed,
                   bool quiet) {
  std::vector<PlanRequest> requests;
  Outcome outcome;
  for (std::size_t pair = 0; pair < places.size(); ++pair)
    for (std::int64_t k = 0; k < settings.plans; ++k) {
      PlanRequest request{.places = {}, .before = before, .number = std::ssize(requests)};
      std::ranges::transform(places[pair], std::back_inserter(request.places), rounded);
      outcome.rows.push_back({.points = {},
                              .first = {},
                              .start = request.places.front(),
                              .goal = request.places.back(),
                              .places = request.places,
                              .stops = {},
                              .pair = static_cast<std::int64_t>(pair)});
      requests.push_back(std::move(request));
    }
  for (std::int64_t attempt = 0; attempt <= settings.retries && !requests.empty(); ++attempt) {
    Progress progress(attempt == 0 ? "plan" : fmt::format("retry {}", attempt), std::ssize(requests), "paths", !quiet);
    const auto plans = planner.plan(requests, seed, [&](std::int64_t done) { progress.update(done); });
    std::vector<PlanRequest> again;
    for (std::size_t i = 0; i < plans.size(); ++i) {
      auto& row = outcome.rows[requests[i].number];
      const bool free = is_free(maze, plans[i].points, test);
      if (attempt == 0) {
        row.first = plans[i].points;
        outcome.found += plans[i].points.empty() ? 0 : 1;
        outcome.free_at_first += free ? 1 : 0;
      }
      row.points = plans[i].points;
      row.stops = plans[i].stops;
      row.retries = attempt;
      outcome.free += free ? 1 : 0;
      if (free || plans[i].points.empty())
        continue;
      again.push_back(requests[i]);
      again.back().attempt = static_cast<std::uint32_t>(attempt + 1);
    }
    requests = std::move(again);
  }
  outcome.retried = std::ranges::count_if(outcome.rows, [](const PlanRow& row) { return row.retries > 0; });
  return outcome;
}

} // namespace

int run_maze_plan(const Context& context, Arguments arguments, const Kinds& kinds) {
  Settings settings;
  CommonOptions common;
  Options options(
      "maze plan",
      "Plans paths through a maze with a model that was trained on paths ('stint import --maze', 'stint "
      "train'). Start, waypoints and goal are known coordinates of windows of a path, met bit for bit; the "
      "model draws the rest given these. How long a path is, and how windows follow one another on long ones, "
      "says a roadmap that is made of windows which the model draws from nothing, so that the model says "
      "what can be reached and how soon. The map of the walls serves to leave segments through walls out of the "
      "roadmap, to count, and to draw a failed path again.");
  settings.declare(options);
  options.example("stint maze plan --model maze-umaze.h5 --pairs 1000 --output plans.h5");
  options.example("stint maze plan --model maze-umaze.h5 --start 1,1 --goal 3,1 --plans 16 --output plans.h5");
  options.example("stint maze plan --model maze-large.h5 --start 1,1 --waypoint 5,6/7,1 --goal 7,9 --output plans.h5");
  if (!read_options(context, options, common,
                    {.output = "file of plans to write",
                     .output_required = true,
                     .seed = "seed of random places and of the paths: a path depends on it and its number alone"},
                    arguments))
    return 0;
  settings.check(options);
  check_outputs(context, common, {common.output, common.json});
  const auto seed = static_cast<std::uint64_t>(common.seed);
  const auto device = settings.compute.resolve_device(context.mpi);
  set_up_libtorch(device);
  const Source source =
      open_source(context.mpi, settings.source, options, kinds, settings.compute.resolve_precision(device), device);
  if (source.kind != "maze")
    throw UsageError(fmt::format("--model {} is of the kind '{}', expected a model of paths through a maze",
                                 settings.source.model, source.kind));
  for (const char* family : {"scalar", "known"})
    if (const auto& law = *source.families; law.text().find(fmt::format("{}:", family)) == std::string::npos)
      throw UsageError(fmt::format("--model {} was trained for the operators {}, and plans need '{}'; train with "
                                   "--operators mixed",
                                   settings.source.model, law.text(), family));
  const Maze maze = maze_for(settings, source.notes);
  const auto every = every_of(source.notes, settings.source.model);
  settings.check(options, source.layout.volume(), maze);
  settings.planner.steps = settings.steps.value_or(settings.solver == "sde2" ? least_steps_of_sde2 : default_steps);
  if (settings.solver == "sde2" && settings.planner.steps < least_steps_of_sde2)
    log_warning(fmt::format("--solver sde2 makes noisy paths with --steps {}; take {} or more, or --solver multistep",
                            settings.planner.steps, least_steps_of_sde2));
  const auto places = places_of(settings, maze, seed);
  const auto before = before_of(settings, maze, places);

  const WallTest test = settings.test == "physical" ? WallTest::physical : WallTest::centre;
  settings.planner.device = device;
  settings.planner.method = parse_method(settings.solver);
  settings.planner.width = settings.width.value_or(facts(maze.world()).cell / 10);
  limit_threads(source.nanoseconds * static_cast<double>(settings.planner.batch));
  const auto seconds_since = [](std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const auto begin = std::chrono::steady_clock::now();
  const Planner planner = checked([&] {
    Progress progress("roadmap", settings.planner.dreams, "windows", !common.quiet);
    return Planner(
        source.drift, source.layout, source.reference, source.log_ratio_range, settings.planner, seed,
        [&](Point from, Point to) { return maze.is_free(from, to, test); },
        [&](std::int64_t drawn) { progress.update(drawn); });
  });
  const double roadmap_seconds = seconds_since(begin);
  const Outcome outcome = find_paths(planner, maze, places, before, settings, test, seed, common.quiet);
  const double seconds = seconds_since(begin);
  const auto count = std::ssize(outcome.rows);
  const auto plans = static_cast<double>(count);
  const auto without_plan = outcome.pairs_without_plan();
  constexpr const char* advice =
      "nothing that the model drew joins the places; more --dreams or a larger --width may help";
  if (outcome.found == 0)
    throw std::runtime_error(fmt::format("no path was found for any of {} pairs of places, and {} is not written: {}",
                                         places.size(), common.output, advice));
  if (without_plan > 0)
    log_warning(fmt::format("{} of {} pairs of places have no path: {}", without_plan, places.size(), advice));
  write_plans(common.output, common.overwrite,
              {.maze = maze,
               .every = every,
               .model = settings.source.model,
               .ends = settings.start ? "given" : settings.ends,
               .retry_test = settings.test,
               .seconds = seconds,
               .rows = outcome.rows},
              provenance_of(context, options, common));
  if (!common.quiet)
    std::fputs(fmt::format("{}: {} paths, {} found, {} of {} pairs without a path; free of walls at the first draw "
                           "{:.2f} %, after up to {} retries "
                           "{:.2f} % ({}); {:.1f} s, of which the roadmap of {} squares {:.1f} s, of {:.0f} % of its "
                           "windows; {:.3g} s a path\n",
                           common.output, count, outcome.found, without_plan, places.size(),
                           100 * static_cast<double>(outcome.free_at_first) / plans, settings.retries,
                           100 * static_cast<double>(outcome.free) / plans, settings.test, seconds,
                           planner.roadmap().squares(), roadmap_seconds, 100 * planner.kept(),
                           (seconds - roadmap_seconds) / plans)
                   .c_str(),
               stdout);
  write_json(common.json,
             {{"plans", count},
              {"found", outcome.found},
              {"pairs", places.size()},
              {"pairs_without_plan", without_plan},
              {"wall_free", static_cast<double>(outcome.free_at_first) / plans},
              {"wall_free_with_retry", static_cast<double>(outcome.free) / plans},
              {"retried", outcome.retried},
              {"roadmap_kept", planner.kept()},
              {"roadmap_squares", planner.roadmap().squares()},
              {"roadmap_seconds", roadmap_seconds},
              {"seconds_per_plan", (seconds - roadmap_seconds) / plans}},
             common.overwrite);
  return 0;
}

} // namespace stint
