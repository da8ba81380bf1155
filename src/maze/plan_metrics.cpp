#include "src/maze/plan_metrics.hpp"

#include "lattice/parallel.hpp"
#include "mazes/shortest_paths.hpp"
#include "mazes/way_classes.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace stint {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool same_bits(Point a, Point b) {
  const auto bits = [](double value) { return std::bit_cast<std::uint32_t>(static_cast<float>(value)); };
  return bits(a.x) == bits(b.x) && bits(a.y) == bits(b.y);
}

bool passes(std::span<const Point> way, std::span<const Point> places) {
  auto at = way.begin();
  for (const Point place : places) {
    at = std::find_if(at, way.end(), [&](Point point) { return same_bits(point, place); });
    if (at == way.end())
      return false;
  }
  return true;
}

/// What one plan adds; the parts that take time are computed beforehand.
struct PlanFacts {
  bool free[2][4] = {}; ///< [after retries][centre points, centre segments, physical points, physical segments]
  double length = nan, roughness = nan, roughness_of_shortest = nan;
};

void test_walls(const Maze& maze, const Way& way, bool (&free)[4]) {
  int k = 0;
  for (const auto test : {WallTest::centre, WallTest::physical}) {
    free[k++] = points_free(maze, way, test);
    free[k++] = segments_free(maze, way, test);
  }
}

/// The shortest way from place to place; none where a place is in a wall or there is no way.
Way shortest_way(const Maze& maze, const ShortestPaths& shortest, std::span<const Point> places) {
  Way way;
  for (const Point place : places) {
    if (!maze.is_free(place, WallTest::physical))
      return {};
    if (way.empty()) {
      way.push_back(place);
      continue;
    }
    const Way next = shortest.path(way.back(), place);
    if (next.empty())
      return {};
    way.insert(way.end(), next.begin() + 1, next.end());
  }
  return way;
}

PlanFacts facts_of(const Maze& maze, const ShortestPaths& shortest, const PlanRow& row) {
  PlanFacts facts;
  test_walls(maze, row.first, facts.free[0]);
  test_walls(maze, row.points, facts.free[1]);
  const Way best = row.points.empty() ? Way{} : shortest_way(maze, shortest, row.places);
  if (best.empty() || length(best) == 0)
    return facts;
  facts.length = length(row.points) / length(best);
  facts.roughness = roughness(row.points);
  facts.roughness_of_shortest = roughness(resampled(best, std::max<std::size_t>(row.points.size(), 2)));
  return facts;
}

void add(DrawMetrics& metrics, const PlanRow& row, const Way& way, const bool (&free)[4]) {
  metrics.found.add(!way.empty());
  auto& walls = metrics.wall_free;
  walls.centre_points.add(free[0]);
  walls.centre_segments.add(free[1]);
  walls.physical_points.add(free[2]);
  walls.physical_segments.add(free[3]);
  if (way.empty())
    return;
  metrics.ends_met.add(same_bits(way.front(), row.start) && same_bits(way.back(), row.goal));
  if (row.places.size() > 2)
    metrics.waypoints_met.add(passes(way, std::span(row.places).subspan(1, row.places.size() - 2)));
}

MeanOf mean_of_plans(const std::vector<PlanFacts>& facts, double PlanFacts::*number) {
  std::vector<double> values;
  for (const auto& plan : facts) {
    if (!std::isnan(plan.*number))
      values.push_back(plan.*number);
  }
  return mean_of(values);
}

void compare_plans(PlanMetrics& metrics, const PlansFile& plans, const std::vector<PlanFacts>& facts) {
  const WayClasses classes(plans.maze);
  std::map<std::int64_t, std::vector<const Way*>> of_pair;
  for (std::size_t n = 0; n < facts.size(); ++n) {
    const auto& row = plans.rows[n];
    auto& ways = of_pair[row.pair];
    if (facts[n].free[1][3] && ways.size() < PlanMetrics::most_compared)
      ways.push_back(&row.points);
  }
  std::vector<double> distances, counts, compared;
  for (const auto& [pair, ways] : of_pair) {
    if (ways.size() < 2)
      continue;
    std::vector<double> of_two(ways.size() * (ways.size() - 1) / 2);
    parallel_for(std::ssize(ways), omp_get_max_threads(), [&](std::int64_t i) {
      for (std::int64_t j = 0; j < i; ++j)
        of_two[static_cast<std::size_t>(i * (i - 1) / 2 + j)] = mean_distance(*ways[i], *ways[j]);
    });
    std::set<WayClasses::Word> words;
    for (const Way* way : ways)
      words.insert(classes.of(*way));
    distances.push_back(mean_of(of_two).value);
    counts.push_back(static_cast<double>(words.size()));
    compared.push_back(static_cast<double>(ways.size()));
  }
  metrics.pairs = std::ssize(of_pair);
  metrics.compared_pairs = std::ssize(distances);
  metrics.distance = mean_of(distances);
  metrics.classes = mean_of(counts);
  metrics.plans_compared = mean_of(compared);
}

std::string text_of(const MeanOf& mean) { return with_error(mean.value, mean.error); }

Json json_of(const DrawMetrics& draw) {
  const auto& walls = draw.wall_free;
  return {
      {"found", json_of(draw.found)},
      {"without_plan", 1 - draw.found.value()},
      {"ends_met", json_of(draw.ends_met)},
      {"waypoints_met", json_of(draw.waypoints_met)},
      {"wall_free",
       {{"centre", {{"points", json_of(walls.centre_points)}, {"segments", json_of(walls.centre_segments)}}},
        {"physical", {{"points", json_of(walls.physical_points)}, {"segments", json_of(walls.physical_segments)}}}}}};
}

} // namespace

PlanMetrics measure_plans(const PlansFile& plans) {
  const ShortestPaths shortest(plans.maze, WallTest::physical);
  std::vector<PlanFacts> facts(plans.rows.size());
  parallel_for(std::ssize(facts), omp_get_max_threads(),
               [&](std::int64_t n) { facts[n] = facts_of(plans.maze, shortest, plans.rows[n]); });

  PlanMetrics metrics;
  metrics.plans = std::ssize(plans.rows);
  std::vector<double> retries;
  for (std::size_t n = 0; n < facts.size(); ++n) {
    const auto& row = plans.rows[n];
    add(metrics.first, row, row.first, facts[n].free[0]);
    add(metrics.after, row, row.points, facts[n].free[1]);
    retries.push_back(static_cast<double>(row.retries));
  }
  metrics.retries = mean_of(retries);
  metrics.length = mean_of_plans(facts, &PlanFacts::length);
  metrics.roughness = mean_of_plans(facts, &PlanFacts::roughness);
  metrics.roughness_of_shortest = mean_of_plans(facts, &PlanFacts::roughness_of_shortest);
  metrics.seconds_per_plan = plans.seconds / static_cast<double>(metrics.plans);
  compare_plans(metrics, plans, facts);
  return metrics;
}

std::string text_of(const Fraction& fraction) {
  return fmt::format("{:.6g}", fraction.value()) +
         (fraction.of > 0 ? fmt::format("  [{:.5f}, {:.5f}]", fraction.low(), fraction.high()) : "");
}

Json json_of(const Fraction& fraction) {
  return {{"value", fraction.value()}, {"low", fraction.low()}, {"high", fraction.high()}};
}

Json json_of(const MeanOf& mean) { return {mean.value, mean.error}; }

Json json_of(const PlanMetrics& metrics) {
  Json json = {{"plans", metrics.plans},
               {"pairs", metrics.pairs},
               {"wall_free", metrics.first.wall_free.physical_segments.value()},
               {"wall_free_with_retry", metrics.after.wall_free.physical_segments.value()},
               {"first_draw", json_of(metrics.first)},
               {"after_retries", json_of(metrics.after)},
               {"retries", json_of(metrics.retries)},
               {"length_over_shortest", json_of(metrics.length)},
               {"roughness", json_of(metrics.roughness)},
               {"roughness_of_shortest", json_of(metrics.roughness_of_shortest)},
               {"roughness_over_shortest", metrics.roughness_ratio()},
               {"seconds_per_plan", metrics.seconds_per_plan}};
  if (metrics.compared_pairs > 0)
    json["diversity"] = {{"pairs", metrics.compared_pairs},
                         {"plans_per_pair", metrics.plans_compared.value},
                         {"distance", json_of(metrics.distance)},
                         {"classes", json_of(metrics.classes)}};
  return json;
}

std::string table_of(const PlanMetrics& metrics) {
  std::string text =
      fmt::format("{:<44}{:<30}{}\n", "fraction of plans [95 % interval]", "first draw", "after retries");
  const auto row = [&](const char* name, const auto& part) {
    text += fmt::format("{:<44}{:<30}{}\n", name, text_of(part(metrics.first)), text_of(part(metrics.after)));
  };
  row("with a plan", [](const DrawMetrics& draw) { return draw.found; });
  row("ends met bit for bit, of those found", [](const DrawMetrics& draw) { return draw.ends_met; });
  if (metrics.first.waypoints_met.of + metrics.after.waypoints_met.of > 0)
    row("waypoints met bit for bit, of those found", [](const DrawMetrics& draw) { return draw.waypoints_met; });
  row("wall-free, centre test, points only", [](const DrawMetrics& d) { return d.wall_free.centre_points; });
  row("wall-free, centre test, and segments", [](const DrawMetrics& d) { return d.wall_free.centre_segments; });
  row("wall-free, physical test, points only", [](const DrawMetrics& d) { return d.wall_free.physical_points; });
  row("wall-free, physical test, and segments", [](const DrawMetrics& d) { return d.wall_free.physical_segments; });
  const auto line = [&](const char* name, const std::string& value) { text += fmt::format("{:<44}{}\n", name, value); };
  text += '\n';
  line("retries a plan", text_of(metrics.retries));
  line("length over the shortest length", text_of(metrics.length));
  line("roughness over that of the shortest way", fmt::format("{:.4g}", metrics.roughness_ratio()));
  if (metrics.compared_pairs > 0) {
    line("distance between plans of a pair", text_of(metrics.distance));
    line("ways of different class a pair",
         fmt::format("{} of {:.4g} plans", text_of(metrics.classes), metrics.plans_compared.value));
  }
  line("seconds a plan", fmt::format("{:.3g}", metrics.seconds_per_plan));
  return text;
}

} // namespace stint
