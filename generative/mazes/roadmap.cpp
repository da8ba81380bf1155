#include "generative/mazes/roadmap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <queue>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace stint {
namespace {

constexpr double share_of_mean = 0.1; // of the visits of a square, for it to count as visited
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The time about which most of these are, in ascending order: within an eighth of it, and at least one point.
int likeliest(const std::vector<int>& times) {
  std::ptrdiff_t most = 0;
  int best = times.front();
  for (const int time : times) {
    const int about = std::max(1, time / 8);
    const auto near = std::ranges::upper_bound(times, time + about) - std::ranges::lower_bound(times, time - about);
    if (near > most) {
      most = near;
      best = time;
    }
  }
  return best;
}

double distance(Point a, Point b) { return std::hypot(a.x - b.x, a.y - b.y); }

} // namespace

Roadmap::Roadmap(const std::vector<std::vector<Point>>& paths, double width, int least) : width_(width) {
  if (!(width > 0))
    throw std::invalid_argument("the squares of a roadmap have a width > 0");
  std::map<Key, int> numbers;            // of the squares
  std::vector<int> members;              // points of paths in each
  std::vector<std::vector<int>> squares; // of the points of each path
  for (const auto& path : paths) {
    auto& of_path = squares.emplace_back();
    for (const Point place : path) {
      ++visits_[key(place, width / 2)];
      const int square = numbers.try_emplace(key(place, width), static_cast<int>(numbers.size())).first->second;
      if (square == static_cast<int>(centres_.size())) {
        centres_.push_back({0, 0});
        members.push_back(0);
      }
      centres_[square].x += place.x;
      centres_[square].y += place.y;
      ++members[square];
      of_path.push_back(square);
    }
  }
  for (std::size_t i = 0; i < centres_.size(); ++i)
    centres_[i] = {centres_[i].x / members[i], centres_[i].y / members[i]};
  // The mean of points beside a corner may lie in a wall: where a path has been, none is.
  std::vector<Point> visited(centres_.size(), {infinity, infinity});
  for (std::size_t n = 0; n < paths.size(); ++n)
    for (std::size_t t = 0; t < paths[n].size(); ++t)
      if (const int square = squares[n][t];
          distance(paths[n][t], centres_[square]) < distance(visited[square], centres_[square]))
        visited[square] = paths[n][t];
  centres_ = std::move(visited);
  const auto all = std::accumulate(members.begin(), members.end(), 0.0);
  enough_ = std::max(static_cast<double>(least), share_of_mean * all / static_cast<double>(visits_.size()));

  struct Passage {
    int from, to, points;
    auto operator<=>(const Passage&) const = default;
  };
  std::vector<Passage> passages;
  for (const auto& path : squares)
    for (std::size_t t = 0; t < path.size(); ++t)
      for (std::size_t u = t + 1; u < path.size(); ++u)
        if (path[t] != path[u])
          passages.push_back({path[t], path[u], static_cast<int>(u - t)});
  std::ranges::sort(passages);
  begins_.assign(centres_.size() + 1, 0);
  for (std::size_t i = 0; i < passages.size();) {
    const auto [from, to, points] = passages[i];
    std::vector<int> times; // of all passages, in order
    std::size_t j = i;
    for (; j < passages.size() && passages[j].from == from && passages[j].to == to; ++j)
      times.push_back(passages[j].points);
    if (std::ssize(times) >= least) {
      edges_.push_back({to, likeliest(times)});
      ++begins_[from + 1];
    }
    i = j;
  }
  for (std::size_t i = 1; i < begins_.size(); ++i)
    begins_[i] += begins_[i - 1];
}

Roadmap::Key Roadmap::key(Point place, double width) {
  return {std::llround(place.x / width), std::llround(place.y / width)};
}

bool Roadmap::visited(Point place) const {
  const auto found = visits_.find(key(place, width_ / 2));
  return found != visits_.end() && found->second >= enough_;
}

std::vector<int> Roadmap::squares_near(Point place) const {
  std::vector<int> near;
  int nearest = 0;
  for (int i = 0; i < std::ssize(centres_); ++i) {
    if (distance(centres_[i], place) < 1.5 * width_)
      near.push_back(i);
    if (distance(centres_[i], place) < distance(centres_[nearest], place))
      nearest = i;
  }
  return near.empty() ? std::vector{nearest} : near;
}

std::vector<Stop> Roadmap::route(Point from, Point to, int longest, double stop_cost) const {
  const auto cost_of_distance = [&](int square, Point place) { return distance(centres_[square], place) / width_; };
  std::vector<double> cost(centres_.size(), infinity);
  std::vector<Edge> before(centres_.size(), {-1, 0}); // the square it was reached from
  using Candidate = std::pair<double, int>;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> open;
  for (const int square : squares_near(from))
    open.emplace(cost[square] = cost_of_distance(square, from), square);
  std::vector<bool> is_last(centres_.size(), false);
  for (const int square : squares_near(to))
    is_last[square] = true;
  int last = -1;
  double cost_of_last = infinity;
  while (!open.empty() && open.top().first < cost_of_last) {
    const auto [so_far, square] = open.top();
    open.pop();
    if (so_far > cost[square])
      continue;
    if (const double whole = so_far + cost_of_distance(square, to); is_last[square] && whole < cost_of_last) {
      last = square;
      cost_of_last = whole;
    }
    for (auto e = begins_[square]; e < begins_[square + 1]; ++e) {
      const auto& [next, points] = edges_[e];
      if (points > longest)
        continue;
      const double reached = so_far + points + stop_cost;
      if (reached < cost[next]) {
        cost[next] = reached;
        before[next] = {square, points};
        open.emplace(reached, next);
      }
    }
  }
  if (last < 0)
    return {};
  std::vector<Stop> stops;
  for (int square = last; before[square].to >= 0; square = before[square].to)
    stops.push_back({square == last ? to : centres_[square], before[square].points});
  std::ranges::reverse(stops);
  return stops.empty() ? std::vector<Stop>{{to, 1}} : stops;
}

} // namespace stint
