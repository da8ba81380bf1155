#include "generative/mazes/planner.hpp"

#include "generative/sampler.hpp"

#include <algorithm>
#include <map>
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
          .solver = {.reference = reference},
          .device = options.device};
}

Roadmap dream(const Drift& drift, const Layout& layout, const Operator& reference, double range,
              const PlannerOptions& options, std::uint64_t seed) {
  const auto sampler = sampler_of(drift, layout, reference, range, generation(), options);
  std::vector<torch::Tensor> ways;
  for (std::int64_t first = 0; first < options.dreams; first += options.batch)
    ways.push_back(sampler(seed, first, std::min(options.batch, options.dreams - first)).configurations);
  return Roadmap(torch::cat(ways), options.width);
}

constexpr std::uint32_t attempts_stride = 1U << 16; // windows of one attempt at a way

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
                 std::uint64_t seed)
    : drift_(std::move(drift)), layout_(std::move(layout)), reference_(std::move(reference)),
      log_ratio_range_(log_ratio_range), options_(options),
      roadmap_(dream(drift_, layout_, reference_, log_ratio_range_, options_, seed)) {
  if (options_.overlap < 1 || options_.overlap > layout_.volume() / 2)
    throw std::invalid_argument("windows overlap by 1 point up to half of a window");
}

/// Windows with the same known points, (n, 2, T).
torch::Tensor Planner::draw(const std::vector<Window>& windows, std::uint64_t seed) const {
  const auto count = static_cast<std::int64_t>(windows.size()), length = layout_.volume();
  const auto held = static_cast<std::int64_t>(windows.front().beginning.size());
  auto known = torch::zeros({length}, torch::kBool);
  known.narrow(0, 0, held).fill_(true);
  known[windows.front().at] = true;
  auto observed = torch::zeros(layout_.shape(count), torch::kFloat), x0 = torch::empty_like(observed);
  auto values = observed.accessor<float, 3>();
  for (std::int64_t n = 0; n < count; ++n) {
    const Window& window = windows[n];
    const auto set = [&](std::int64_t t, Point place) {
      values[n][0][t] = static_cast<float>(place.x);
      values[n][1][t] = static_cast<float>(place.y);
    };
    for (std::int64_t t = 0; t < held; ++t)
      set(t, window.beginning[t]);
    set(window.at, window.stop);
    x0[n] = noise(layout_, seed, Purpose::sampling, window.draw, window.number, 1)[0];
  }
  const torch::NoGradGuard no_gradients;
  const auto sampler = sampler_of(drift_, layout_, reference_, log_ratio_range_, inpainting(known), options_);
  SolverOptions solver = sampler.solver;
  solver.reference = solver.reference.to(options_.device);
  const auto start = start_state(sampler.task, x0, observed).to(options_.device);
  return solve(drift_, start, knots(sampler.task.path, sampler.schedule, options_.device), solver).x.cpu();
}

std::vector<Plan> Planner::plan(std::span<const std::vector<Point>> places, std::uint64_t seed, std::int64_t first,
                                int retries, const std::function<bool(const Plan&)>& accept,
                                const std::function<void(std::int64_t)>& done) const {
  struct Work {
    std::vector<Stop> stops;
    std::vector<bool> asked; ///< whether a stop was asked for
    std::size_t next = 0;
    std::uint32_t windows = 0, attempt = 0;
  };
  std::vector<Plan> plans(places.size());
  std::vector<Work> works(places.size());
  std::vector<std::size_t> busy;
  const int longest = static_cast<int>(layout_.volume()) - options_.overlap;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i].size() < 2)
      throw std::invalid_argument("a way needs a start and a goal");
    bool reachable = true;
    for (std::size_t k = 0; k + 1 < places[i].size() && reachable; ++k) {
      const auto route = roadmap_.route(places[i][k], places[i][k + 1], longest, options_.stop_cost);
      reachable = !route.empty();
      for (const auto& stop : route) {
        works[i].stops.push_back(stop);
        works[i].asked.push_back(&stop == &route.back());
      }
    }
    if (reachable)
      busy.push_back(i);
  }
  const auto begin_plan = [&](std::size_t i) {
    plans[i].points = {places[i].front()};
    plans[i].stops = {0};
    works[i].next = 0;
  };
  for (const auto i : busy)
    begin_plan(i);

  std::int64_t finished = static_cast<std::int64_t>(places.size() - busy.size());
  while (!busy.empty()) {
    std::map<std::pair<std::size_t, int>, std::vector<std::size_t>> alike; // by the known points
    for (const auto i : busy) {
      const auto held = std::min<std::size_t>(plans[i].points.size(), options_.overlap);
      alike[{held, static_cast<int>(held) - 1 + works[i].stops[works[i].next].points}].push_back(i);
    }
    for (const auto& [known, members] : alike)
      for (std::size_t begin = 0; begin < members.size(); begin += options_.batch) {
        const auto end = std::min(members.size(), begin + static_cast<std::size_t>(options_.batch));
        std::vector<Window> windows;
        for (std::size_t m = begin; m < end; ++m) {
          const auto i = members[m];
          const auto& points = plans[i].points;
          windows.push_back({.beginning = {points.end() - static_cast<std::ptrdiff_t>(known.first), points.end()},
                             .stop = works[i].stops[works[i].next].place,
                             .at = known.second,
                             .number = first + static_cast<std::int64_t>(i),
                             .draw = works[i].attempt * attempts_stride + works[i].windows++});
        }
        const auto drawn = draw(windows, seed);
        const auto at = drawn.accessor<float, 3>();
        for (std::size_t m = begin; m < end; ++m) {
          const auto i = members[m];
          auto& work = works[i];
          const auto n = static_cast<std::int64_t>(m - begin);
          for (int t = static_cast<int>(known.first); t < known.second; ++t)
            plans[i].points.push_back({at[n][0][t], at[n][1][t]});
          plans[i].points.push_back(work.stops[work.next].place);
          if (work.asked[work.next])
            plans[i].stops.push_back(static_cast<int>(plans[i].points.size()) - 1);
          ++work.next;
        }
      }
    std::vector<std::size_t> still;
    for (const auto i : busy) {
      auto& work = works[i];
      if (work.next < work.stops.size()) {
        still.push_back(i);
      } else if (static_cast<int>(work.attempt) < retries && !accept(plans[i])) {
        plans[i].retries = static_cast<int>(++work.attempt);
        work.windows = 0;
        begin_plan(i);
        still.push_back(i);
      } else {
        ++finished;
      }
    }
    busy = std::move(still);
    if (done)
      done(finished);
  }
  return plans;
}

} // namespace stint
