#pragma once
// Ways through given places, of any length, from a model of windows of ways.

#include "generative/drifts/drift.hpp"
#include "generative/layout.hpp"
#include "generative/mazes/roadmap.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace stint {

/// A way: positions at equal distances in time.
struct Plan {
  std::vector<Point> points;
  std::vector<int> stops; ///< where in `points` the places are that were asked for, start and goal included
  int retries = 0;
};

struct PlannerOptions {
  int steps = 12;             ///< of the solver, for each window
  int overlap = 4;            ///< points of the way so far that a window after the first is held to
  std::int64_t batch = 256;   ///< windows at a time
  std::int64_t dreams = 4096; ///< windows that the roadmap is made of
  double width = 0.25;        ///< of the roadmap's squares
  double stop_cost = 4;       ///< of a stop between places, in points (Roadmap::route())
  torch::Device device = torch::kCPU;
};

/// Plans by holding points of windows: a start and a goal, or the end of the way so far and the next stop, are known
/// coordinates, met bit for bit, and the model draws the rest given these. How many points lie between, and the stops
/// on ways longer than a window, are the roadmap's, which is made of windows that the model draws from nothing; so the
/// model, not a map of the walls, says what can be reached and how quickly.
class Planner {
public:
  /// `reference` and `log_ratio_range` are those of the model's Prior. Draws the roadmap.
  Planner(Drift drift, Layout layout, Operator reference, double log_ratio_range, PlannerOptions options,
          std::uint64_t seed);

  const Roadmap& roadmap() const { return roadmap_; }

  /// A way for each list of places, two or more each: start, way points, goal. Empty plans where the roadmap knows no
  /// route. Plan i is a function of the seed, `first` + i and its places, whatever the others. Those that `accept`
  /// refuses are drawn again, up to `retries` times. `done` is told how many plans are finished.
  std::vector<Plan> plan(std::span<const std::vector<Point>> places, std::uint64_t seed, std::int64_t first,
                         int retries, const std::function<bool(const Plan&)>& accept,
                         const std::function<void(std::int64_t)>& done = {}) const;

private:
  struct Window;
  torch::Tensor draw(const std::vector<Window>& windows, std::uint64_t seed) const;

  Drift drift_;
  Layout layout_;
  Operator reference_;
  double log_ratio_range_;
  PlannerOptions options_;
  Roadmap roadmap_;
};

} // namespace stint
