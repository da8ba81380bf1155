#pragma once
// Paths through given places, of any length, from a model of windows of paths.

#include "generative/drifts/drift.hpp"
#include "generative/layout.hpp"
#include "generative/mazes/roadmap.hpp"
#include "generative/solvers/solver.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace stint {

/// A path to find.
struct PlanRequest {
  std::vector<Point> places; ///< two or more: start, waypoints, goal
  /// Where a ball in motion has been before the start, a point apart: its path goes on from these.
  std::vector<Point> before = {};
  std::int64_t number = 0;   ///< the noise is a function of the seed, this number
  std::uint32_t attempt = 0; ///< and this one, below 2^12; later attempts have more points
};

/// A path: positions at equal distances in time.
struct Plan {
  std::vector<Point> points;       ///< from the start on
  std::vector<std::int64_t> stops; ///< where in `points` the places are that were asked for, start and goal included
};

struct PlannerOptions {
  Method method = Method::multistep; ///< of the ODE, or of the SDE with noise 1
  int steps = 16;                    ///< of the solver for each window, 3 to 256
  double slack = 1.3;                ///< times the likeliest number of points between two places, see Roadmap
  int overlap = 4;                   ///< points of the path so far that a window after the first is held to
  std::int64_t batch = 256;          ///< windows at a time
  std::int64_t dreams = 4096;        ///< windows that the roadmap is made of
  double width = 0.1;                ///< of the roadmap's squares, in the units of the paths
  int candidates = 8; ///< draws of a window, at most: one that leaves the squares of the roadmap is drawn again
  int longest = 46;   ///< points of a window after the known ones at most, slack included
  /// Points before a stop of the roadmap's where the window to it is cut off. The next window begins there and need not
  /// pass the stop: at the stop a path would have a velocity that knows nothing of the way ahead. Stops are at most
  /// `longest` less this many points from each other.
  int look_ahead = 8;
  double stop_cost = 4; ///< of a stop between places, in points (Roadmap::route())
  torch::Device device = torch::kCPU;
};

/// Plans by holding points of windows: a start and a goal, or the end of the path so far and the next stop, are known
/// coordinates, met bit for bit, and the model draws the rest given these. How many points lie between, and the stops
/// on paths longer than a window, are the roadmap's. It is made of windows that the model draws from nothing, so the
/// model says what can be reached and how quickly; the walls only strike segments out of it.
class Planner {
public:
  /// `reference` and `log_ratio_range` are those of the model's Prior. Draws the roadmap, of the stretches of windows
  /// whose segments `free` agrees to: one through a wall would be a short cut for all. Throws std::invalid_argument for
  /// options out of their range, std::runtime_error if no window is kept. `done` is told how many windows are drawn.
  Planner(Drift drift, Layout layout, Operator reference, double log_ratio_range, PlannerOptions options,
          std::uint64_t seed, const std::function<bool(Point, Point)>& free,
          const std::function<void(std::int64_t)>& done = {});

  const Roadmap& roadmap() const { return *roadmap_; }
  double kept() const { return kept_; } ///< the share of segments that the roadmap is made of

  /// A path for each request; empty where the roadmap knows no route. Each is a function of the seed and its request,
  /// whatever the others, to rounding. `done` is told how many would be finished if each took the same time. Throws
  /// std::invalid_argument for requests that need more than 4096 draws of windows.
  std::vector<Plan> plan(std::span<const PlanRequest> requests, std::uint64_t seed,
                         const std::function<void(std::int64_t)>& done = {}) const;

private:
  struct Window;
  struct Work;
  torch::Tensor draw(std::span<const Window> windows, std::uint64_t seed,
                     const std::function<void(std::int64_t)>& done) const;
  torch::Tensor draw_together(std::span<const Window> windows, std::uint64_t seed) const;
  int astray(std::span<const Point> points) const;
  std::vector<std::vector<Point>> best_stretches(std::size_t count,
                                                 const std::function<Window(std::size_t, int)>& window_of,
                                                 std::uint64_t seed,
                                                 const std::function<void(std::int64_t)>& done) const;

  Drift drift_;
  Layout layout_;
  Operator reference_;
  double log_ratio_range_;
  PlannerOptions options_;
  std::optional<Roadmap> roadmap_;
  double kept_ = 0;
};

} // namespace stint
