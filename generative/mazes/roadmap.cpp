#include "generative/mazes/roadmap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <queue>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace stint {

Roadmap::Roadmap(const std::vector<std::vector<Point>>& ways, double width, int least) {
  if (!(width > 0))
    throw std::invalid_argument("the squares of a roadmap have a width > 0");
  std::map<std::pair<std::int64_t, std::int64_t>, int> numbers;
  std::vector<std::vector<int>> squares; // of the points of each way
  std::vector<int> members;
  for (const auto& way : ways) {
    auto& of_way = squares.emplace_back();
    for (const Point place : way) {
      const std::pair key = {std::llround(place.x / width), std::llround(place.y / width)};
      const int square = numbers.try_emplace(key, static_cast<int>(numbers.size())).first->second;
      if (square == static_cast<int>(centres_.size())) {
        centres_.push_back({0, 0});
        members.push_back(0);
      }
      centres_[square].x += place.x;
      centres_[square].y += place.y;
      ++members[square];
      of_way.push_back(square);
    }
  }
  for (std::size_t i = 0; i < centres_.size(); ++i)
    centres_[i] = {centres_[i].x / members[i], centres_[i].y / members[i]};

  struct Passage {
    int from, to, points;
    auto operator<=>(const Passage&) const = default;
  };
  std::vector<Passage> passages;
  for (const auto& way : squares)
    for (std::size_t t = 0; t < way.size(); ++t)
      for (std::size_t u = t + 1; u < way.size(); ++u)
        if (way[t] != way[u])
          passages.push_back({way[t], way[u], static_cast<int>(u - t)});
  std::ranges::sort(passages);
  begins_.assign(centres_.size() + 1, 0);
  for (std::size_t i = 0; i < passages.size();) {
    const auto& [from, to, points] = passages[i];
    int most = 0, likeliest = points, together = 0;
    std::size_t j = i;
    while (j < passages.size() && passages[j].from == from && passages[j].to == to) {
      std::size_t end = j;
      while (end < passages.size() && passages[end] == passages[j])
        ++end;
      if (const int times = static_cast<int>(end - j); times > most) {
        most = times;
        likeliest = passages[j].points;
      }
      together += static_cast<int>(end - j);
      j = end;
    }
    if (together >= least) {
      edges_.push_back({to, likeliest});
      ++begins_[from + 1];
    }
    i = j;
  }
  for (std::size_t i = 1; i < begins_.size(); ++i)
    begins_[i] += begins_[i - 1];
}

int Roadmap::square_near(Point place) const {
  const auto distance = [&](const Point& centre) { return std::hypot(centre.x - place.x, centre.y - place.y); };
  return static_cast<int>(std::ranges::min_element(centres_, {}, distance) - centres_.begin());
}

std::vector<Stop> Roadmap::route(Point from, Point to, int longest, double stop_cost) const {
  const int first = square_near(from), last = square_near(to);
  if (first == last)
    return {{to, 1}};
  std::vector<double> cost(centres_.size(), std::numeric_limits<double>::infinity());
  std::vector<Edge> before(centres_.size(), {-1, 0}); // the square it was reached from
  using Candidate = std::pair<double, int>;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> open;
  cost[first] = 0;
  open.emplace(0, first);
  while (!open.empty()) {
    const auto [so_far, square] = open.top();
    open.pop();
    if (square == last)
      break;
    if (so_far > cost[square])
      continue;
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
  if (before[last].to < 0)
    return {};
  std::vector<Stop> stops;
  for (int square = last; square != first; square = before[square].to)
    stops.push_back({square == last ? to : centres_[square], before[square].points});
  std::ranges::reverse(stops);
  return stops;
}

} // namespace stint
