#include "mazes/fastest.hpp"

#include "mazes/point_mass.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <limits>
#include <stdexcept>

namespace stint {
namespace {

constexpr int per_cell = 30; // 1/h
constexpr int fastest = 4;   // the largest velocity, in units of u/4
constexpr int velocities = 2 * fastest + 1;
constexpr int stride = 2 * fastest; // the largest displacement of a step, in h
constexpr double simulator_steps = stride / (per_cell * point_mass::top_speed) / point_mass::dt; // in tau

} // namespace

FastestWays::FastestWays(const Maze& maze)
    : along_(per_cell * (maze.rows() - 1) + 1), across_(per_cell * (maze.columns() - 1) + 1),
      free_(static_cast<std::size_t>(along_) * across_, 1) {
  if (maze.world() != MazeWorld::d4rl)
    throw std::invalid_argument("time-optimal ways are those of D4RL's ball; the maze is of another world");
  constexpr auto world = facts(MazeWorld::d4rl);
  const auto below = std::lround(per_cell * (world.cell / 2 + world.radius + world.offset));
  const auto above = std::lround(per_cell * (world.cell / 2 + world.radius - world.offset));
  for (int r = 0; r < maze.rows(); ++r) {
    for (int c = 0; c < maze.columns(); ++c) {
      if (maze.is_free(Cell{r, c}))
        continue;
      for (auto x = std::max(per_cell * r - below + 1, 0L); x < std::min(per_cell * r + above, 0L + along_); ++x) {
        for (auto y = std::max(per_cell * c - below + 1, 0L); y < std::min(per_cell * c + above, 0L + across_); ++y)
          free_[static_cast<std::size_t>(x) * across_ + y] = 0;
      }
    }
  }
}

FastestWays::Motion FastestWays::move(State s, int ax, int ay, const Goal& goal) const {
  const int u = std::clamp(s.u + ax, -fastest, fastest), v = std::clamp(s.v + ay, -fastest, fastest);
  const int dx = s.u + u, dy = s.v + v, parts = std::max(std::abs(dx), std::abs(dy));
  Motion motion{{s.x, s.y, u, v}, goal.holds(s.x, s.y) ? 0.0 : 2.0};
  State& at = motion.state;
  bool along = dx != 0, across = dy != 0; // still moves
  int gone_x = 0, gone_y = 0;             // of |dx| and |dy|
  for (int k = 1; k <= parts; ++k) {
    if (along && std::abs(dx) * k >= (gone_x + 1) * parts) {
      ++gone_x;
      const int next = at.x + (dx > 0 ? 1 : -1);
      if (free(next, at.y)) {
        at.x = next;
      } else {
        along = false;
        at.u = 0;
      }
    }
    if (across && std::abs(dy) * k >= (gone_y + 1) * parts) {
      ++gone_y;
      const int next = at.y + (dy > 0 ? 1 : -1);
      if (free(at.x, next)) {
        at.y = next;
      } else {
        across = false;
        at.v = 0;
      }
    }
    if (motion.entry > 1 && goal.holds(at.x, at.y))
      motion.entry = static_cast<double>(k) / parts;
  }
  return motion;
}

/// Braking along both axes, the ball never leaves the goal.
bool FastestWays::can_stay(State state, const Goal& goal) const {
  while (goal.holds(state.x, state.y)) {
    if (state.u == 0 && state.v == 0)
      return true;
    const auto against = [](int speed) { return speed > 0 ? -1 : speed < 0 ? 1 : 0; };
    state = move(state, against(state.u), against(state.v), goal).state;
  }
  return false;
}

/// At least so many steps from every position to the goal; -1 where no way leads there.
std::vector<std::int16_t> FastestWays::bounds(const Goal& goal) const {
  std::vector<int> distance(free_.size(), -1); // in the maximum norm
  std::deque<std::pair<int, int>> next;
  const auto at = [&](int x, int y) { return static_cast<std::size_t>(x) * across_ + y; };
  for (int x = 0; x < along_; ++x) {
    for (int y = 0; y < across_; ++y) {
      if (!free(x, y) || !goal.holds(x, y))
        continue;
      distance[at(x, y)] = 0;
      next.emplace_back(x, y);
    }
  }
  for (; !next.empty(); next.pop_front()) {
    const auto [x, y] = next.front();
    for (int i = -1; i <= 1; ++i) {
      for (int j = -1; j <= 1; ++j) {
        if (!free(x + i, y + j) || distance[at(x + i, y + j)] >= 0 || !(free(x + i, y) || free(x, y + j)))
          continue;
        distance[at(x + i, y + j)] = distance[at(x, y)] + 1;
        next.emplace_back(x + i, y + j);
      }
    }
  }
  std::vector<std::int16_t> steps(distance.size());
  std::ranges::transform(distance, steps.begin(),
                         [](int far) { return static_cast<std::int16_t>(far < 0 ? -1 : (far + stride - 1) / stride); });
  return steps;
}

std::optional<FastestWays::State> FastestWays::nearest_free(Point place) const {
  const double x = per_cell * place.x, y = per_cell * place.y;
  std::optional<State> best;
  double least = 2; // squared: the place itself is free, so one of the four about it is, but for rounding
  for (const int i : {static_cast<int>(std::floor(x)), static_cast<int>(std::ceil(x))}) {
    for (const int j : {static_cast<int>(std::floor(y)), static_cast<int>(std::ceil(y))}) {
      const double away = (i - x) * (i - x) + (j - y) * (j - y);
      if (free(i, j) && away < least) {
        least = away;
        best = State{i, j, 0, 0};
      }
    }
  }
  return best;
}

std::optional<double> FastestWays::steps(Point start, Point goal_place) const {
  const Goal goal{per_cell * goal_place.x, per_cell * goal_place.y, per_cell * facts(MazeWorld::d4rl).goal_tolerance};
  const auto first = nearest_free(start);
  if (!first || !nearest_free(goal_place))
    return {};
  if (goal.holds(first->x, first->y))
    return 0;
  const auto bound = bounds(goal);
  const auto place = [&](const State& s) { return static_cast<std::size_t>(s.x) * across_ + s.y; };
  const auto index = [&](const State& s) {
    return (place(s) * velocities + (s.u + fastest)) * velocities + (s.v + fastest);
  };
  if (bound[place(*first)] < 0)
    return {};

  struct Open {
    State state;
    int steps;
  };
  constexpr auto unknown = std::numeric_limits<std::uint16_t>::max();
  std::vector<std::uint16_t> known(free_.size() * velocities * velocities, unknown); // steps to each state
  std::vector<std::vector<Open>> open(1 + bound[place(*first)]);                     // by steps done and to come
  open.back().push_back({*first, 0});
  known[index(*first)] = 0;
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t whole = open.size() - 1; whole < open.size() && static_cast<double>(whole) <= best; ++whole) {
    for (std::size_t next = 0; next < open[whole].size(); ++next) { // grows meanwhile
      const auto [state, steps] = open[whole][next];
      if (known[index(state)] < steps)
        continue;
      for (int ax = -1; ax <= 1; ++ax) {
        for (int ay = -1; ay <= 1; ++ay) {
          const auto [to, entry] = move(state, ax, ay, goal);
          if (entry <= 1 && goal.holds(to.x, to.y) && can_stay(to, goal))
            best = std::min(best, steps + entry);
          if (known[index(to)] <= steps + 1 || steps + 1 >= unknown)
            continue;
          known[index(to)] = static_cast<std::uint16_t>(steps + 1);
          const std::size_t all = steps + 1 + bound[place(to)];
          if (all >= open.size())
            open.resize(all + 1);
          open[all].push_back({to, steps + 1});
        }
      }
    }
  }
  if (std::isinf(best))
    return {};
  return best * simulator_steps;
}

} // namespace stint
