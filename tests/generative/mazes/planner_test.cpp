// Roadmaps of paths that are known by construction, and plans with a drift that is known in closed form.

#include "generative/mazes/planner.hpp"
#include "generative/mazes/prior.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

/// Straight along x from `begin`, one step of this length a point.
std::vector<Point> straight(double begin, double step, int points) {
  std::vector<Point> path;
  for (int t = 0; t < points; ++t)
    path.push_back({begin + t * step, 0.1});
  return path;
}

TEST(Roadmap, KnowsTheTimeBetweenPlacesThatOnePathJoins) {
  std::vector<std::vector<Point>> paths(3, straight(0.5, 1, 10));
  paths.push_back(straight(0.5, 0.5, 10)); // one that takes twice the time
  const Roadmap roadmap(paths, 0.6);
  const auto stops = roadmap.route({0.5, 0}, {6.5, 0}, 9, 100);
  ASSERT_EQ(stops.size(), 1);
  EXPECT_EQ(stops[0].points, 6);
  EXPECT_EQ(stops[0].place, (Point{6.5, 0}));
}

TEST(Roadmap, JoinsPathsByStops) {
  std::vector<std::vector<Point>> paths;
  for (int begin = 0; begin < 20; begin += 2)
    paths.insert(paths.end(), 2, straight(begin + 0.5, 1, 5));
  const Roadmap roadmap(paths, 0.6);
  const auto stops = roadmap.route({0.5, 0}, {16.5, 0}, 4, 0);
  int points = 0;
  for (const auto& stop : stops) {
    EXPECT_LE(stop.points, 4);
    points += stop.points;
  }
  EXPECT_EQ(points, 16);
  EXPECT_EQ(roadmap.route({0.5, 0}, {16.5, 0}, 4, 1).size(), 4); // as few stops as can be
}

TEST(Roadmap, KnowsNoRouteWhereNoPathLeads) {
  auto paths = std::vector<std::vector<Point>>(2, straight(0.5, 1, 5));
  paths.insert(paths.end(), 2, straight(50.5, 1, 5));
  const Roadmap roadmap(paths, 0.6);
  EXPECT_TRUE(roadmap.route({0.5, 0}, {52.5, 0}, 4, 0).empty());
  EXPECT_TRUE(roadmap.route({4.5, 0}, {0.5, 0}, 4, 0).empty()); // nothing goes back
  EXPECT_THROW(Roadmap(paths, 0), std::invalid_argument);
}

TEST(Roadmap, KnowsWherePathsHaveBeen) {
  const Roadmap roadmap({straight(0.5, 1, 4), straight(0.5, 1, 3)}, 0.6);
  EXPECT_TRUE(roadmap.visited({1.5, 0.1}));
  EXPECT_FALSE(roadmap.visited({1.5, 0.6}));
  EXPECT_FALSE(roadmap.visited({2, 0.1}));   // no point there
  EXPECT_FALSE(roadmap.visited({3.5, 0.1})); // once only
}

TEST(Roadmap, MistrustsWherePathsAreRarely) {
  auto paths = std::vector<std::vector<Point>>(100, straight(0.5, 1, 4)); // 4 squares, 100 visits each
  paths.insert(paths.end(), 7, straight(50.5, 1, 2));                     // 2 squares, 7 visits each; the mean is 69
  EXPECT_TRUE(Roadmap(paths, 0.6).visited({50.5, 0.1}));
  paths.insert(paths.end(), 100, straight(0.5, 1, 4)); // the mean is 136
  EXPECT_FALSE(Roadmap(paths, 0.6).visited({50.5, 0.1}));
  EXPECT_TRUE(Roadmap(paths, 0.6).visited({0.5, 0.1}));
}

/// Paths whose coordinates are independent, stationary, and correlated over some points.
class Smooth : public testing::Test {
protected:
  static constexpr std::int64_t length = 16;
  const Layout layout{.geometry = Geometry({length}), .channels = 2, .boundary = Boundary::open};
  torch::Tensor covariance;
  std::shared_ptr<MazePrior> prior;
  Drift drift;

  void SetUp() override { use(torch::exp(-distances() / 6)); }

  /// |t - t'|
  torch::Tensor distances() const {
    const auto t = torch::arange(length, torch::kDouble);
    return (t.unsqueeze(0) - t.unsqueeze(1)).abs();
  }

  void use(const torch::Tensor& of_points) {
    covariance = of_points;
    const auto [values, vectors] = torch::linalg_eigh(covariance, "L");
    prior = std::make_shared<MazePrior>(layout, torch::zeros({2, length}, torch::kDouble), vectors.t().contiguous(),
                                        values.unsqueeze(0).expand({2, length}), std::map<std::string, std::string>{});
    drift = make_drift(
        [this](const Pair& pair, const torch::Tensor& signal) { return prior->look(pair, signal).estimate; });
  }

  Planner planner(std::int64_t batch = 256, int longest = 46, int look_ahead = 0) const {
    return Planner(drift, layout, prior->reference(0), prior->log_ratio_range(),
                   {.method = Method::multistep,
                    .steps = 24,
                    .slack = 3,
                    .batch = batch,
                    .dreams = 512,
                    .width = 1,
                    .candidates = 1,
                    .longest = longest,
                    .look_ahead = look_ahead},
                   5, [](Point, Point) { return true; });
  }
};

TEST_F(Smooth, PlansMeetTheirPlacesBitForBit) {
  const std::vector<PlanRequest> requests = {{.places = {{-0.7F, 0.3F}, {0.6F, -0.2F}}, .number = 0},
                                             {.places = {{-0.7F, 0.3F}, {0.1F, 1.1F}, {0.6F, -0.2F}}, .number = 1}};
  const auto plans = planner().plan(requests, 5);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ASSERT_EQ(plans[i].stops.size(), requests[i].places.size());
    for (std::size_t k = 0; k < requests[i].places.size(); ++k)
      EXPECT_EQ(plans[i].points[plans[i].stops[k]], requests[i].places[k]);
    EXPECT_EQ(plans[i].stops.back() + 1, std::ssize(plans[i].points));
  }
}

TEST_F(Smooth, PlansFollowTheConditionalLaw) {
  const Point from{-1, 0.5}, to{1, 0};
  const std::int64_t count = 2000;
  std::vector<PlanRequest> requests;
  for (std::int64_t n = 0; n < count; ++n)
    requests.push_back({.places = {from, to}, .number = n});
  const auto plans = planner().plan(requests, 5);
  const auto points = std::ssize(plans[0].points);
  ASSERT_GE(points, 4);
  // Given the first point and the last of the plan.
  const auto ends = torch::tensor({std::int64_t{0}, points - 1});
  const auto among = covariance.index_select(0, ends).index_select(1, ends);
  const auto across = covariance.index_select(1, ends).mm(torch::linalg_inv(among));
  const auto mean = across.mv(torch::tensor({from.x, to.x}, torch::kDouble));
  const auto variance = covariance.diagonal() - (across * covariance.index_select(1, ends)).sum(1);
  for (std::int64_t t = 1; t + 1 < points; ++t) {
    double sum = 0, squares = 0;
    for (const auto& plan : plans) {
      const double beyond = plan.points[t].x - mean[t].item<double>();
      sum += beyond;
      squares += beyond * beyond;
    }
    const double v = variance[t].item<double>(), n = static_cast<double>(count);
    EXPECT_LT(std::abs(sum / n), 4.5 * std::sqrt(v / n)) << t;
    EXPECT_LT(std::abs(squares / n - v), 4.5 * v * std::sqrt(2 / n) + 0.02 * v) << t; // and the solver's error
  }
}

TEST_F(Smooth, PathsGoOnFromTheMotionBefore) {
  use(torch::exp(-distances().square() / 18) + 0.01 * torch::eye(length, torch::kDouble)); // with a velocity
  const Point start{0, 0}, goal{0.5, -0.5};
  const std::vector<Point> before = {{9, 9}, {-1.5, 0.6}, {-1, 0.4}, {-0.5, 0.2}}; // the last 3 and the start are known
  const std::int64_t count = 1000;
  std::vector<PlanRequest> requests;
  for (std::int64_t n = 0; n < count; ++n)
    requests.push_back({.places = {start, goal}, .before = before, .number = n});
  const auto plans = planner().plan(requests, 5);
  EXPECT_EQ(plans[0].points.front(), start);
  EXPECT_EQ(plans[0].points.back(), goal);
  EXPECT_EQ(plans[0].stops, (std::vector<std::int64_t>{0, std::ssize(plans[0].points) - 1}));
  // The point after the start, given the known ones.
  const auto known = torch::tensor(
      {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::ssize(plans[0].points) + 2});
  const auto among = covariance.index_select(0, known).index_select(1, known);
  const auto across = covariance.index_select(1, known).mm(torch::linalg_inv(among));
  const double mean = across[4].dot(torch::tensor({-1.5, -1.0, -0.5, 0.0, goal.x}, torch::kDouble)).item<double>();
  const double variance = (covariance[4][4] - across[4].dot(covariance[4].index_select(0, known))).item<double>();
  double sum = 0;
  for (const auto& plan : plans)
    sum += plan.points[1].x;
  EXPECT_LT(std::abs(sum / count - mean), 4.5 * std::sqrt(variance / count));
}

TEST_F(Smooth, APlanIsAFunctionOfItsNumber) {
  std::vector<PlanRequest> requests;
  for (std::int64_t n = 0; n < 9; ++n)
    requests.push_back({.places = {{-0.5, 0}, {0.5, 0.1 * static_cast<double>(n)}}, .number = n});
  const auto together = planner().plan(requests, 5);
  const auto alone = planner(100).plan(std::span(requests).subspan(4, 1), 5);
  ASSERT_EQ(alone[0].points.size(), together[4].points.size());
  for (std::size_t t = 0; t < alone[0].points.size(); ++t)
    EXPECT_NEAR(alone[0].points[t].x, together[4].points[t].x, 1e-4);
  requests[4].attempt = 1;
  const auto again = planner().plan(std::span(requests).subspan(4, 1), 5);
  EXPECT_NE(again[0].points[1], alone[0].points[1]);
  EXPECT_GE(again[0].points.size(), alone[0].points.size());
}

TEST_F(Smooth, APlanTakesTheLikeliestTimeAndItsSlack) {
  const std::vector<PlanRequest> requests = {{.places = {{-0.5, 0}, {1, 0.5}}}};
  const auto made = planner();
  const auto route =
      made.roadmap().route({-0.5, 0}, {1, 0.5}, 5, 4); // of at most 5 points, as 16 - 1 points and slack 3
  ASSERT_EQ(route.size(), 1);
  EXPECT_EQ(made.plan(requests, 5)[0].points.size(), 1 + std::min(3 * route[0].points, 12));
}

TEST_F(Smooth, PathsNeedNotPassTheRoadmapsStopsWhereTheyLookAhead) {
  const std::vector<PlanRequest> requests = {{.places = {{-2, -0.5}, {1.5, 0.5}}}};
  const auto passes = [&](int look_ahead) {
    const auto made = planner(256, 6 + look_ahead, look_ahead); // stops 6 points from each other, 2 and slack 3
    const auto route = made.roadmap().route({-2, -0.5}, {1.5, 0.5}, 2, 4);
    EXPECT_GE(route.size(), 2);
    const auto plan = made.plan(requests, 5)[0];
    EXPECT_EQ(plan.points.back(), (Point{1.5, 0.5}));
    std::int64_t points = 1;
    for (const auto& stop : route)
      points += 3 * stop.points;
    EXPECT_EQ(std::ssize(plan.points), points); // as much time as with the stops
    return std::ranges::count(plan.points, route.front().place);
  };
  EXPECT_EQ(passes(0), 1);
  EXPECT_EQ(passes(2), 0);
}

TEST_F(Smooth, RefusesToLookBeyondAWindow) {
  EXPECT_THROW(planner(256, 4, 4), std::invalid_argument);
  EXPECT_THROW(planner(256, 4, -1), std::invalid_argument);
}

TEST_F(Smooth, CandidatesKeepToWherePathsHaveBeen) {
  std::vector<PlanRequest> requests;
  for (std::int64_t n = 0; n < 200; ++n)
    requests.push_back({.places = {{-0.4, 0}, {0.4, 0}}, .number = n});
  const auto strays = [&](int candidates) { // points outside the strip that the roadmap knows
    const Planner strip(drift, layout, prior->reference(0), prior->log_ratio_range(),
                        {.method = Method::multistep,
                         .steps = 12,
                         .slack = 3,
                         .dreams = 2048,
                         .width = 0.4,
                         .candidates = candidates,
                         .look_ahead = 0},
                        5, [](Point from, Point to) { return std::max(std::abs(from.y), std::abs(to.y)) < 0.5; });
    int count = 0;
    for (const auto& plan : strip.plan(requests, 5))
      count +=
          static_cast<int>(std::ranges::count_if(plan.points, [](Point place) { return std::abs(place.y) > 0.7; }));
    return count;
  };
  const int one = strays(1), many = strays(8);
  EXPECT_LT(many + 4 * std::sqrt(one + many), one) << many; // four errors of their difference, as of counts
}

TEST_F(Smooth, RefusesARoadmapWithoutPaths) {
  EXPECT_THROW(Planner(drift, layout, prior->reference(0), prior->log_ratio_range(), {.dreams = 8}, 5,
                       [](Point, Point) { return false; }),
               std::runtime_error);
}

} // namespace
} // namespace stint
