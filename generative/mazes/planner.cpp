#include "generative/mazes/planner.hpp"

#include "generative/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace stint {
namespace {

Sampler sampler_of(const Drift& drift, const Layout& layout, const Operator& reference, double range, Task task,
                   const PlannerOptions& options) {
  return {.drift = drift,
          .layout = layout,
          .task = std::move(task),
          .schedule = Schedule::parse("scales", options.steps, reference.values().cpu(), range),
          .solver = {.method = options.method, .reference = reference},
          .device = options.device};
}

/// With slack; a new attempt takes its time: an eighth more than the one before, and at least one point.
int with_slack(int points, double slack, std::uint32_t attempt, int longest) {
  points = static_cast<int>(std::min<double>(std::ceil(points * slack), longest));
  for (; attempt > 0 && points < longest; --attempt)
    points += std::max(1, points / 8);
  return std::min(points, longest);
}

constexpr std::uint32_t attempts_stride = 1U << 12; // windows of one attempt at a path
constexpr std::uint32_t windows_stride = 1U << 8;   // steps of one window

} // namespace

/// A window to draw: its known points, and which noise it starts from.
struct Planner::Window {
  std::vector<Point> beginning; ///< the first points
  Point stop;                   ///< and this one,
  int at;                       ///< its place in the window
  std::int64_t number;          ///< of the plan
  std::uint32_t draw;           ///< which one of the plan
};

Planner::Planner(Drift drift, Layout layout, Operator reference, double log_ratio_range, PlannerOptions options,
                 std::uint64_t seed, const std::function<bool(Point, Point)>& free,
                 const std::function<void(std::int64_t)>& done)
    : drift_(std::move(drift)), layout_(std::move(layout)), reference_(std::move(reference)),
      log_ratio_range_(log_ratio_range), options_(options) {
  const auto length = layout_.volume();
  if (options_.overlap < 1 || options_.overlap > length / 2)
    throw std::invalid_argument(
        fmt::format("windows of {} points overlap by 1 to {}, not {}", length, length / 2, options_.overlap));
  if (options_.steps < 3 || options_.steps > static_cast<int>(windows_stride))
    throw std::invalid_argument(fmt::format("windows have 3 to {} steps, not {}", windows_stride, options_.steps));
  const auto drawn_points = std::min<std::int64_t>(options_.longest, length - options_.overlap);
  if (options_.look_ahead < 0 || options_.look_ahead >= drawn_points)
    throw std::invalid_argument(fmt::format("windows of {} drawn points look ahead by 0 to {}, not {}", drawn_points,
                                            drawn_points - 1, options_.look_ahead));
  const auto sampler = sampler_of(drift_, layout_, reference_, log_ratio_range_, generation(), options_);
  std::vector<std::vector<Point>> paths;
  std::int64_t kept = 0; // segments
  for (std::int64_t first = 0; first < options_.dreams; first += options_.batch) {
    const auto drawn = sampler(seed, first, std::min(options_.batch, options_.dreams - first)).configurations;
    const auto value = drawn.accessor<float, 3>();
    for (std::int64_t n = 0; n < drawn.size(0); ++n) {
      paths.emplace_back();
      for (std::int64_t t = 0; t < length; ++t) {
        const Point place{value[n][0][t], value[n][1][t]};
        if (!paths.back().empty() && !free(paths.back().back(), place))
          paths.emplace_back();
        kept += paths.back().empty() ? 0 : 1;
        paths.back().push_back(place);
      }
    }
    if (done)
      done(first + drawn.size(0));
  }
  if (kept == 0)
    throw std::runtime_error(
        fmt::format("no segment of {} paths that the model drew is free of walls; train it longer", options_.dreams));
  std::erase_if(paths, [](const auto& path) { return path.size() < 2; });
  kept_ = static_cast<double>(kept) / static_cast<double>(options_.dreams * (length - 1));
  roadmap_.emplace(paths, options_.width);
}

/// Windows (n, 2, T), each with known points of its own: they need not be alike to be drawn together, and many at a
/// time cost less.
torch::Tensor Planner::draw(std::span<const Window> windows, std::uint64_t seed,
                            const std::function<void(std::int64_t)>& done) const {
  std::vector<torch::Tensor> drawn;
  for (std::int64_t first = 0; first < std::ssize(windows); first += options_.batch) {
    const SampleRange batch{first, std::min(options_.batch, std::ssize(windows) - first)};
    const auto parts = side_by_side(batch, options_.device, [&](const SampleRange& part) {
      return draw_together(windows.subspan(part.first, part.count), seed);
    });
    drawn.insert(drawn.end(), parts.begin(), parts.end());
    if (done)
      done(first + batch.count);
  }
  return torch::cat(drawn);
}

torch::Tensor Planner::draw_together(std::span<const Window> windows, std::uint64_t seed) const {
  const torch::NoGradGuard no_gradients;
  const std::int64_t count = std::ssize(windows);
  auto known = torch::zeros({count, 1, layout_.volume()}, torch::kBool);
  auto observed = torch::zeros(layout_.shape(count), torch::kFloat), x0 = torch::empty_like(observed);
  auto knows = known.accessor<bool, 3>();
  auto values = observed.accessor<float, 3>();
  for (std::int64_t n = 0; n < count; ++n) {
    const Window& window = windows[n];
    const auto set = [&](std::int64_t t, Point place) {
      knows[n][0][t] = true;
      values[n][0][t] = static_cast<float>(place.x);
      values[n][1][t] = static_cast<float>(place.y);
    };
    for (std::int64_t t = 0; t < std::ssize(window.beginning); ++t)
      set(t, window.beginning[t]);
    set(window.at, window.stop);
    x0[n] = noise(layout_, seed, Purpose::sampling, window.draw, window.number, 1)[0];
  }
  const StepNoise diffusion = [&](std::int64_t step, const torch::Tensor& like) {
    auto fields = torch::empty(layout_.shape(count), torch::kFloat);
    for (std::int64_t n = 0; n < count; ++n)
      fields[n] =
          noise(layout_, seed, Purpose::diffusion, windows[n].draw * windows_stride + step, windows[n].number, 1)[0];
    return fields.to(like.options());
  };
  const auto sampler = sampler_of(drift_, layout_, reference_, log_ratio_range_, inpainting(known), options_);
  SolverOptions solver = sampler.solver;
  solver.reference = solver.reference.to(options_.device);
  const auto start = start_state(sampler.task, x0, observed).to(options_.device);
  return solve(drift_, start, knots(sampler.task.path, sampler.schedule, options_.device), solver, diffusion).x.cpu();
}

/// How often a path through these points is where no path of the roadmap has been: its points, and the middles of its
/// segments.
int Planner::astray(std::span<const Point> points) const {
  int count = 0;
  for (std::size_t t = 1; t < points.size(); ++t) {
    const Point before = points[t - 1], place = points[t];
    count += t + 1 < points.size() && !roadmap_->visited(place) ? 1 : 0;
    count += roadmap_->visited({(before.x + place.x) / 2, (before.y + place.y) / 2}) ? 0 : 1;
  }
  return count;
}

/// The points of `count` windows after their beginnings, to the stop. Each window is drawn until it is not astray, at
/// most as often as there are candidates, and the draw that is least so is taken, of equals the first. `done` is told
/// how many have been drawn once.
std::vector<std::vector<Point>> Planner::best_stretches(std::size_t count,
                                                        const std::function<Window(std::size_t, int)>& window_of,
                                                        std::uint64_t seed,
                                                        const std::function<void(std::int64_t)>& done) const {
  std::vector<std::vector<Point>> best(count);
  std::vector<int> least(count, std::numeric_limits<int>::max());
  std::vector<std::size_t> open(count);
  std::iota(open.begin(), open.end(), std::size_t{0});
  for (int candidate = 0; candidate < options_.candidates && !open.empty(); ++candidate) {
    std::vector<Window> windows;
    for (const auto m : open)
      windows.push_back(window_of(m, candidate));
    const auto drawn = draw(windows, seed, candidate == 0 ? done : nullptr);
    const auto value = drawn.accessor<float, 3>();
    for (std::size_t k = 0; k < open.size(); ++k) {
      const auto n = static_cast<std::int64_t>(k);
      const Window& window = windows[k];
      std::vector<Point> path = {window.beginning.back()};
      for (std::int64_t t = std::ssize(window.beginning); t < window.at; ++t)
        path.push_back({value[n][0][t], value[n][1][t]});
      path.push_back(window.stop);
      if (const int found = astray(path); found < least[open[k]]) {
        least[open[k]] = found;
        best[open[k]].assign(path.begin() + 1, path.end());
      }
    }
    std::erase_if(open, [&](std::size_t m) { return least[m] == 0; });
  }
  return best;
}

/// How far a path is.
struct Planner::Work {
  std::vector<Stop> stops;
  std::vector<bool> asked = {}; ///< whether a stop was asked for, or is the roadmap's
  std::size_t next = 0;         ///< stop
};

std::vector<Plan> Planner::plan(std::span<const PlanRequest> requests, std::uint64_t seed,
                                const std::function<void(std::int64_t)>& done) const {
  const int longest =
      std::min(options_.longest, static_cast<int>(layout_.volume()) - options_.overlap) - options_.look_ahead;
  const int longest_likely = std::max(1, static_cast<int>(longest / options_.slack));
  std::vector<Plan> plans(requests.size());
  std::vector<Work> works(requests.size());
  std::vector<std::size_t> busy;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto& places = requests[i].places;
    if (places.size() < 2)
      throw std::invalid_argument("a path needs a start and a goal");
    auto& work = works[i];
    bool reachable = true;
    for (std::size_t k = 0; k + 1 < places.size() && reachable; ++k) {
      const auto route = roadmap_->route(places[k], places[k + 1], longest_likely, options_.stop_cost);
      reachable = !route.empty();
      work.stops.insert(work.stops.end(), route.begin(), route.end());
      for (auto& stop : std::span(work.stops).last(route.size()))
        stop.points = with_slack(stop.points, options_.slack, requests[i].attempt, longest);
      work.asked.resize(work.stops.size(), false);
      if (reachable)
        work.asked.back() = true;
    }
    if (!reachable)
      continue;
    if (work.stops.size() * options_.candidates >= attempts_stride)
      throw std::invalid_argument(
          fmt::format("a path of {} stops, each with {} draws, is too long", work.stops.size(), options_.candidates));
    plans[i] = {.points = requests[i].before, .stops = {std::ssize(requests[i].before)}};
    plans[i].points.push_back(places.front());
    busy.push_back(i);
  }

  std::int64_t windows = 0, finished = 0;
  for (const auto i : busy)
    windows += std::ssize(works[i].stops);
  for (std::uint32_t round = 0; !busy.empty(); ++round) {
    const auto stretches = best_stretches(
        busy.size(),
        [&](std::size_t m, int candidate) {
          const auto i = busy[m];
          const auto& points = plans[i].points;
          const Stop& stop = works[i].stops[works[i].next];
          const auto held = std::min<std::int64_t>(std::ssize(points), options_.overlap);
          return Window{.beginning = {points.end() - held, points.end()},
                        .stop = stop.place,
                        .at = static_cast<int>(held) - 1 + stop.points,
                        .number = requests[i].number,
                        // 0 is that of the roadmap's windows
                        .draw = 1 + requests[i].attempt * attempts_stride + round * options_.candidates + candidate};
        },
        seed,
        [&](std::int64_t drawn) {
          if (done)
            done(std::ssize(requests) * (finished + drawn) / windows);
        });
    finished += std::ssize(busy);
    for (std::size_t m = 0; m < busy.size(); ++m) {
      auto& [points, stops] = plans[busy[m]];
      auto& work = works[busy[m]];
      const auto size = static_cast<int>(stretches[m].size());
      const int cut = work.asked[work.next] ? 0 : std::min(options_.look_ahead, size / 2);
      points.insert(points.end(), stretches[m].begin(), stretches[m].end() - cut);
      if (work.asked[work.next])
        stops.push_back(std::ssize(points) - 1);
      else
        work.stops[work.next + 1].points += cut;
      ++work.next;
    }
    std::erase_if(busy, [&](std::size_t i) { return works[i].next == works[i].stops.size(); });
  }
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].points.empty())
      continue;
    const auto before = std::ssize(requests[i].before);
    plans[i].points.erase(plans[i].points.begin(), plans[i].points.begin() + before);
    for (auto& stop : plans[i].stops)
      stop -= before;
  }
  return plans;
}

} // namespace stint
