#include "generative/sampler.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

/// Independent modes of a free field in closed form: the Gaussian flow is linear, so that a solver's error is one
/// number a mode.
class FreeFieldFlow : public ::testing::Test {
protected:
  const Geometry lattice{{4, 4}};
  const Phi4 theory{.mass2 = 0.5};
  const Moments moments = free_field_moments_of(lattice, theory);
  const Drift drift = make_drift(gaussian_posterior_mean(moments));
};

TEST_F(FreeFieldFlow, SolversConvergeWithTheirOrder) {
  // Between the ends of the schedule, where its steps are equal; the exact flow multiplies a mode by the ratio of its
  // standard deviations sqrt(alpha^2 + beta^2 P).
  const auto error = [&](Solver solver, int steps) {
    std::vector<double> alphas;
    for (int i = 0; i <= steps; ++i)
      alphas.push_back(alpha_of_log_ratio(3 - 6.0 * i / steps));
    auto delta = torch::zeros({1, 4, 4}, torch::kDouble); // has all modes with amplitude 1
    delta[0][0][0] = 1;
    const auto x = solve(drift, delta, alphas, solver).x;
    const auto amplitude = torch::real(torch::fft::fftn(x, std::nullopt, {1, 2})).squeeze(0);
    const auto deviation = [&](double alpha) {
      return (alpha * alpha + (1 - alpha) * (1 - alpha) * moments.spectrum).sqrt();
    };
    return (amplitude * deviation(alphas.front()) / deviation(alphas.back()) - 1).abs().max().item<double>();
  };
  EXPECT_NEAR(std::log2(error(Solver::euler, 100) / error(Solver::euler, 200)), 1, 0.1);
  EXPECT_NEAR(std::log2(error(Solver::heun, 50) / error(Solver::heun, 100)), 2, 0.15);
  EXPECT_NEAR(std::log2(error(Solver::multistep, 50) / error(Solver::multistep, 100)), 3, 0.3);
  EXPECT_LT(error(Solver::multistep, 64), 0.1 * error(Solver::heun, 32)); // the same number of evaluations
}

TEST_F(FreeFieldFlow, GeneratesTheFreeField) {
  const std::int64_t count = 20000;
  const auto solution = generate(drift, lattice, log_ratio_schedule(32), Solver::multistep, 5, 0, count);
  EXPECT_EQ(solution.evaluations, 33); // one at the start more than steps
  const auto exact = free_field_moments(lattice, theory);
  const auto& x = solution.x;
  EXPECT_LT(std::abs(testing::z_score(x.square().flatten(1).mean(1), exact.phi2)), 4);
  EXPECT_LT(std::abs(testing::z_score(x.flatten(1).mean(1).square(), exact.magnetisation_squared)), 4);
  const auto neighbours = (x * x.roll(1, 1) + x * x.roll(1, 2)).flatten(1).mean(1) / 2;
  EXPECT_LT(std::abs(testing::z_score(neighbours, exact.nearest_neighbour)), 4);
}

TEST_F(FreeFieldFlow, TiltGeneratesTheTheoryInTheField) {
  const auto tilted = make_drift(gaussian_posterior_mean(moments), {.field = 0.4});
  const auto x = generate(tilted, lattice, log_ratio_schedule(32), Solver::multistep, 6, 0, 20000).x;
  const auto exact = free_field_moments(lattice, {.mass2 = 0.5, .field = 0.4});
  EXPECT_LT(std::abs(testing::z_score(x.flatten(1).mean(1), exact.magnetisation)), 4);
  EXPECT_LT(std::abs(testing::z_score(x.square().flatten(1).mean(1), exact.phi2)), 4);
}

TEST_F(FreeFieldFlow, SamplesDoNotDependOnTheBatches) {
  const auto alphas = log_ratio_schedule(8);
  const auto all = generate(drift, lattice, alphas, Solver::heun, 5, 0, 10).x;
  const auto some = generate(drift, lattice, alphas, Solver::heun, 5, 7, 3).x;
  EXPECT_LT((all.narrow(0, 7, 3) - some).abs().max().item<double>(), 1e-6);
}

TEST(Solver, ThirtyTwoMultistepStepsAreWithin3PerMilleFromTheShortestToTheLongestScale) {
  // Modes with P(p) = 0.06 to 26, the range of phi^4 at L = 32, m2 = -4, lambda = 4.572; white noise has amplitude 1 in
  // each.
  const Geometry geometry({8, 8});
  const auto moments = free_field_moments_of(geometry, {.mass2 = 0.0194});
  const auto drift = make_drift(gaussian_posterior_mean(moments));
  auto delta = torch::zeros({1, 8, 8}, torch::kDouble);
  delta[0][0][0] = 1;
  const auto error = [&](Solver solver, int steps) {
    const auto x = solve(drift, delta, log_ratio_schedule(steps), solver).x;
    const auto variance = torch::real(torch::fft::fftn(x, std::nullopt, {1, 2})).squeeze(0).square();
    return (variance / moments.spectrum - 1).abs().max().item<double>();
  };
  EXPECT_LT(error(Solver::multistep, 32), 0.003);
  EXPECT_GT(error(Solver::heun, 16), 0.02); // as many evaluations
}

TEST(Solver, RefusesUnknownNames) { EXPECT_THROW(parse_solver("rk5"), std::invalid_argument); }

TEST(Schedule, GoesFromNoiseToDataInEqualStepsOfTheLogarithm) {
  const auto alphas = log_ratio_schedule(6);
  ASSERT_EQ(alphas.size(), 7U);
  EXPECT_EQ(alphas.front(), 1);
  EXPECT_EQ(alphas.back(), 0);
  for (int i = 1; i <= 5; ++i)
    EXPECT_NEAR(std::log(alphas[i] / (1 - alphas[i])), log_ratio_range * (3 - i) / 2, 1e-12);
  EXPECT_THROW(log_ratio_schedule(2), std::invalid_argument);
}

} // namespace
} // namespace stint
