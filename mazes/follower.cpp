#include "mazes/follower.hpp"

#include "mazes/point_mass.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

using namespace point_mass;

constexpr double wanted_spacing = 0.01;
constexpr double most_samples = 1e5; // of plans that leave the plane far behind
constexpr double window = 0.5;       // how far ahead the nearest point is looked for, in cells
constexpr double near_goal = 0.05;   // along the plan, in cells
constexpr double most_ahead = 0.5;   // of a ball that a wall holds, in cells
constexpr double pace = 0.05;        // at which the point ahead of such a ball moves on, in cells a step
constexpr double speed_of_held = 2;  // in D4RL

Point plus(Point a, double factor, Point b) { return {a.x + factor * b.x, a.y + factor * b.y}; }
Point minus(Point a, Point b) { return plus(a, -1, b); }
double dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }
double largest(Point a) { return std::max(std::abs(a.x), std::abs(a.y)); }
Point left_of(Point a) { return {-a.y, a.x}; }
Point clipped(Point a) { return {std::clamp(a.x, -1.0, 1.0), std::clamp(a.y, -1.0, 1.0)}; }

/// Equally spaced points averaged with Gaussian weights. Beyond an end the way goes on as it came, turned by half a
/// turn about the end, which therefore stays where it is.
Way rounded(const Way& way, double spacing, double width) {
  const auto count = static_cast<std::ptrdiff_t>(way.size());
  const auto reach = std::min(static_cast<std::ptrdiff_t>(std::ceil(3 * width / spacing)), count - 1);
  const auto at = [&](std::ptrdiff_t i) {
    if (i < 0)
      return minus(plus(way.front(), 1, way.front()), way[std::min(-i, count - 1)]);
    if (i >= count)
      return minus(plus(way.back(), 1, way.back()), way[std::max<std::ptrdiff_t>(2 * (count - 1) - i, 0)]);
    return way[i];
  };
  std::vector<double> weights;
  double sum = 0;
  for (std::ptrdiff_t k = -reach; k <= reach; ++k) {
    const double u = static_cast<double>(k) * spacing / width;
    weights.push_back(std::exp(-u * u / 2));
    sum += weights.back();
  }
  Way smooth(way.size());
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    for (std::ptrdiff_t k = -reach; k <= reach; ++k)
      smooth[i] = plus(smooth[i], weights[k + reach] / sum, at(i + k));
  }
  return smooth;
}

/// The largest b in [0, most] with every |a + b d| <= limit an axis; 0 if there is none.
double furthest_inside(Point a, Point d, double limit, double most) {
  double b = most;
  for (const auto& [from, by] : {std::pair{a.x, d.x}, std::pair{a.y, d.y}}) {
    if (by != 0)
      b = std::min(b, ((by > 0 ? limit : -limit) - from) / by);
  }
  return std::max(b, 0.0);
}

/// The action that gives the velocity `wanted` after one step.
Point action_for(Point velocity, Point wanted) {
  const auto axis = [](double v, double w) {
    const double held = std::clamp(v, -most_speed, most_speed);
    return ((w - held) / gain + damping * held) / gear;
  };
  return {axis(velocity.x, wanted.x), axis(velocity.y, wanted.y)};
}

} // namespace

Follower::Follower(MazeWorld world, Way plan, std::int64_t every, Follow mode)
    : world_(world), plan_(std::move(plan)), every_(every), mode_(mode) {
  if (plan_.empty() || every_ < 1)
    throw std::invalid_argument("a plan to follow has at least one point, and at least one step from point to point");
  if (mode_ == Follow::time)
    return;
  const double whole = length(plan_);
  const auto count = static_cast<std::size_t>(std::ceil(std::min(whole / wanted_spacing, most_samples))) + 1;
  samples_ = count < 2 ? Way{plan_.back()} : resampled(plan_, count);
  spacing_ = count < 2 ? wanted_spacing : whole / static_cast<double>(count - 1);
  if (world_ == MazeWorld::d4rl && count > 1) {
    samples_ = resampled(rounded(samples_, spacing_, rounding), count);
    spacing_ = length(samples_) / static_cast<double>(count - 1);
  }
  if (world_ == MazeWorld::d4rl)
    find_speeds();
}

void Follower::find_speeds() {
  const std::size_t count = samples_.size();
  tangents_.resize(count);
  speeds_.assign(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    const Point d = minus(samples_[std::min(i + 1, count - 1)], samples_[i > 0 ? i - 1 : 0]);
    const double size = std::hypot(d.x, d.y);
    tangents_[i] = size > 0 ? Point{d.x / size, d.y / size} : Point{};
  }
  constexpr double possible = demand * acceleration;
  for (std::size_t i = count - 1; i-- > 0;) {
    const Point bend = minus(tangents_[std::min(i + 1, count - 1)], tangents_[i > 0 ? i - 1 : 0]); // times two spacings
    const Point curvature = {bend.x / (2 * spacing_), bend.y / (2 * spacing_)};
    const double turning = largest(curvature) > 0 ? possible / largest(curvature) : 1e9; // speeds squared
    const double straight = top_speed * top_speed / std::max(largest(tangents_[i]) * largest(tangents_[i]), 1e-9);
    const double ahead = speeds_[i + 1] * speeds_[i + 1];
    const Point centripetal = {ahead * curvature.x, ahead * curvature.y};
    const double braking = furthest_inside(centripetal, {-tangents_[i].x, -tangents_[i].y}, possible, 1e9);
    speeds_[i] = std::sqrt(std::min({turning, straight, ahead + 2 * spacing_ * braking}));
  }
}

Point Follower::action(const Ball& ball, Progress& progress) const {
  ++progress.step;
  if (mode_ == Follow::time)
    return at_time(ball, progress);
  find_nearest(ball.position, progress);
  const double cell = facts(world_).cell;
  if (progress.held > patience) {
    const double by = std::min(pace * static_cast<double>(progress.held - patience), most_ahead) * cell;
    const Point to = minus(samples_[ahead(progress.sample, by)], ball.position);
    const auto sign = [](double d) { return d > 0 ? 1.0 : d < 0 ? -1.0 : 0.0; };
    const Point towards{sign(to.x), sign(to.y)}; // past the point, so that the corner is passed too
    return world_ == MazeWorld::ogbench ? towards
                                        : clipped(action_for(ball.velocity, plus({}, speed_of_held, towards)));
  }
  if (world_ == MazeWorld::d4rl)
    return along_path(ball, progress);
  const Point to = minus(furthest_in_reach(ball.position, progress.sample), ball.position);
  return clipped({to.x / stride, to.y / stride});
}

Point Follower::planned(double steps) const {
  const double at = std::min(steps / static_cast<double>(every_), static_cast<double>(plan_.size() - 1));
  const auto k = std::min(static_cast<std::size_t>(at), plan_.size() - 1);
  const Point a = plan_[k], b = plan_[std::min(k + 1, plan_.size() - 1)];
  return plus(a, at - static_cast<double>(k), minus(b, a));
}

Point Follower::at_time(const Ball& ball, const Progress& progress) const {
  const Point next = planned(static_cast<double>(progress.step));
  if (world_ == MazeWorld::ogbench) {
    const Point to = minus(next, ball.position);
    return clipped({to.x / stride, to.y / stride});
  }
  const Point now = planned(static_cast<double>(progress.step - 1));
  const Point velocity = plus({}, 1 / dt, minus(next, now));
  return clipped(action_for(ball.velocity, plus(velocity, pull, minus(now, ball.position))));
}

std::size_t Follower::ahead(std::size_t from, double by) const {
  return std::min(from + static_cast<std::size_t>(std::lround(by / spacing_)), samples_.size() - 1);
}

void Follower::find_nearest(Point position, Progress& progress) const {
  std::size_t nearest = progress.sample;
  const std::size_t end = ahead(nearest, window * facts(world_).cell);
  for (std::size_t i = nearest; i <= end; ++i) {
    if (distance(samples_[i], position) < distance(samples_[nearest], position))
      nearest = i;
  }
  const bool held = nearest == progress.sample && ahead(nearest, near_goal * facts(world_).cell) + 1 < samples_.size();
  progress.held = held ? progress.held + 1 : std::max<std::int64_t>(progress.held - 2, 0);
  progress.sample = nearest;
}

Point Follower::furthest_in_reach(Point position, std::size_t from) const {
  const auto in_reach = [&](Point point) { return largest(minus(point, position)) <= stride; };
  std::size_t at = from;
  if (!in_reach(samples_[at]))
    return samples_[at];
  while (at + 1 < samples_.size() && in_reach(samples_[at + 1]))
    ++at;
  if (at + 1 == samples_.size())
    return samples_[at];
  double low = 0, high = 1; // part of the way to the next sample
  for (int k = 0; k < 20; ++k) {
    const double middle = (low + high) / 2;
    (in_reach(plus(samples_[at], middle, minus(samples_[at + 1], samples_[at]))) ? low : high) = middle;
  }
  return plus(samples_[at], low, minus(samples_[at + 1], samples_[at]));
}

Point Follower::along_path(const Ball& ball, const Progress& progress) const {
  const std::size_t last = samples_.size() - 1, nearest = progress.sample;
  const double speed = std::hypot(ball.velocity.x, ball.velocity.y);
  const std::size_t next = ahead(nearest, dt * speed);
  const Point error = minus(samples_[nearest], ball.position);
  if (ahead(next, near_goal) == last) // from any side
    return clipped(action_for(ball.velocity, plus({}, pull, minus(samples_[last], ball.position))));
  const Point along = tangents_[next], across = left_of(along);
  const double away = dot(error, across);
  const double back = std::copysign(std::min(pull * std::abs(away), std::sqrt(acceleration * std::abs(away))), away);
  const double remaining = spacing_ * static_cast<double>(last - next);
  const Point wanted = plus({}, std::min(speeds_[next], 2 * pull * remaining), along);
  const Point change = minus(plus(wanted, back, across), ball.velocity);

  // The normal part of the change first, then as much of the rest as fits.
  const Point normal = action_for(ball.velocity, plus(ball.velocity, dot(change, across), across));
  const Point whole = action_for(ball.velocity, plus(ball.velocity, 1, change));
  if (largest(normal) >= 1)
    return clipped(normal);
  return clipped(plus(normal, furthest_inside(normal, minus(whole, normal), 1, 1), minus(whole, normal)));
}

} // namespace stint
