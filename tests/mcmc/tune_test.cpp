// Tuning of the step size: dual averaging reaches its target, and continues from its state.

#include "mcmc/markov_chains.hpp"
#include "mcmc/tune.hpp"
#include "tests/lattice/independent_mean.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace stint {
namespace {

double acceptance_of(const std::vector<TrajectoryInfo>& info) {
  double sum = 0;
  for (const auto& chain : info)
    sum += std::isfinite(chain.delta_h) ? std::min(1.0, std::exp(-static_cast<double>(chain.delta_h))) : 0;
  return sum / static_cast<double>(info.size());
}

struct Case {
  const char* name;
  const char* lattice;
  Phi4 theory;
  HmcSettings hmc;
};
class Tuning : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Theories, Tuning,
    testing::Values(
        Case{"phi4FromTooSmall", "16x16", {.mass2 = -4, .lambda = 4.572}, {.step_size = 0.02, .steps = 100}},
        Case{"phi4FromTooLarge", "16x16", {.mass2 = -4, .lambda = 4.572}, {.step_size = 0.4, .steps = 5}},
        Case{"phi4Omelyan",
             "16x16",
             {.mass2 = -4, .lambda = 4.572},
             {.step_size = 0.1, .steps = 20, .integrator = Integrator::omelyan, .jitter = 0.2}},
        Case{"freeField", "8x8x8", {.mass2 = 0.5}, {.step_size = 0.05, .steps = 40}},
        Case{"freeFieldFourier", "8x8", {.mass2 = 0.5}, {.step_size = 0.05, .steps = 40, .fourier_mass2 = 0.5}}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_P(Tuning, ReachesItsTarget) {
  const auto& [name, lattice, theory, hmc] = GetParam();
  const double target = 0.8;
  HmcSettings settings = hmc;
  MarkovChains<float> ensemble(Geometry::parse(lattice), theory, {.hmc = settings}, 51, 0, 64);
  ensemble.start_hot();
  std::vector<TrajectoryInfo> info(64);
  StepSizeTuner tuner(settings.step_size, target);
  for (int i = 0; i < 300; ++i) {
    ensemble.set_hmc(with_step_size(settings, tuner.step_size()));
    ensemble.advance(info);
    tuner.update(acceptance_of(info));
  }
  settings = with_step_size(settings, tuner.averaged_step_size());
  EXPECT_GE(settings.steps, 6) << "steps are whole numbers: the fewer, the farther from the target";
  ensemble.set_hmc(settings);
  IndependentMean acceptance; // over chains, one after the other: trajectories of one chain are not independent
  std::vector<double> mean(64);
  const int trajectories = 200;
  for (int i = 0; i < trajectories; ++i) {
    ensemble.advance(info);
    for (int chain = 0; chain < 64; ++chain)
      mean[chain] += acceptance_of({info[chain]}) / trajectories;
  }
  for (const double value : mean)
    acceptance.add(value);
  // Half a step of n changes the step size by 1 / (2 n), and d(acceptance) / d ln(step) is at most -0.2 * 4.
  EXPECT_NEAR(acceptance.value(), target, 0.4 / settings.steps + 0.02 + 4 * acceptance.error())
      << "step size " << settings.step_size;
}

TEST(StepSizeTuner, ContinuesFromItsState) {
  StepSizeTuner one(0.1, 0.7);
  const auto answer = [](int i) { return 0.5 + 0.4 * std::sin(i); };
  for (int i = 0; i < 20; ++i)
    one.update(answer(i));
  StepSizeTuner other(one.state());
  EXPECT_EQ(other.state(), one.state());
  for (int i = 20; i < 40; ++i) {
    one.update(answer(i));
    other.update(answer(i));
  }
  EXPECT_EQ(other.step_size(), one.step_size());
  EXPECT_EQ(other.averaged_step_size(), one.averaged_step_size());
}

TEST(StepSizeTuner, FollowsThePaper) {
  // The first two iterations of arXiv:1111.4246, eq. (6), by hand.
  StepSizeTuner tuner(0.2, 0.8);
  EXPECT_DOUBLE_EQ(tuner.step_size(), 0.2);
  EXPECT_DOUBLE_EQ(tuner.averaged_step_size(), 0.2);
  tuner.update(0.5);
  const double first = 0.3 / 11;
  EXPECT_NEAR(std::log(tuner.step_size()), std::log(2.0) - first / 0.05, 1e-12);
  EXPECT_NEAR(tuner.averaged_step_size(), tuner.step_size(), 1e-12);
  const double log_first = std::log(tuner.step_size());
  tuner.update(1.0);
  const double second = 11. / 12 * first - 0.2 / 12, log_second = std::log(2.0) - std::sqrt(2.0) * second / 0.05;
  EXPECT_NEAR(std::log(tuner.step_size()), log_second, 1e-12);
  const double weight = std::pow(2, -0.75);
  EXPECT_NEAR(std::log(tuner.averaged_step_size()), weight * log_second + (1 - weight) * log_first, 1e-12);
}

TEST(StepSizeTuner, TakesWhatIsNotFiniteForRejection) {
  StepSizeTuner one(0.1, 0.7), other(0.1, 0.7);
  one.update(std::numeric_limits<double>::quiet_NaN());
  other.update(0);
  EXPECT_EQ(one.state(), other.state());
}

TEST(StepSizeTuner, RefusesWhatMakesNoSense) {
  for (const double step : {0., -1., std::numeric_limits<double>::infinity()})
    EXPECT_THROW(StepSizeTuner(step, 0.8), std::invalid_argument);
  for (const double target : {0., 1., 80., std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(StepSizeTuner(0.1, target), std::invalid_argument);
}

TEST(StepSizeTuner, StaysAboveTheSmallestAndKnowsWhenNothingHelps) {
  StepSizeTuner tuner(0.1, 0.65, 1e-3);
  for (int i = 0; i < 200; ++i) {
    tuner.update(0);
    ASSERT_GE(tuner.step_size(), 0.999e-3);
    EXPECT_EQ(tuner.hopeless(), i + 1 >= 20) << i;
  }
  EXPECT_GE(tuner.averaged_step_size(), 0.999e-3);
  StepSizeTuner recovers(0.1, 0.65, 1e-3); // some rejections at the beginning mean nothing
  for (int i = 0; i < 200; ++i) {
    recovers.update(i < 8 ? 0 : 1);
    EXPECT_FALSE(recovers.hopeless()) << i;
  }
}

/// At half the stable step size leapfrog conserves the energy to order 1, at four times it does not at all.
TEST(StableStepSize, IsWhereLeapfrogBecomesUnstable) {
  const Case theories[] = {{"reference", "16x16", {.mass2 = -4, .lambda = 4.572}, {}},
                           {"free", "8x8x8", {.mass2 = 0.5}, {}},
                           {"chain", "64", {.mass2 = -2, .lambda = 1.1}, {}},
                           {"deep", "8x8", {.mass2 = -40, .lambda = 5}, {}},
                           {"field", "8x8", {.mass2 = 1, .lambda = 1, .field = 100}, {}},
                           {"four", "4x4x4x4", {.mass2 = -1, .lambda = 0.5, .quadratic = 1}, {}}};
  for (const auto& [name, lattice, theory, unused] : theories) {
    SCOPED_TRACE(name);
    const Geometry geometry = Geometry::parse(lattice);
    const double stable = stable_step_size(theory, geometry.dimensions());
    const auto acceptance = [&](double step_size) {
      MarkovChains<double> chains(geometry, theory, {.hmc = {.step_size = stable / 10, .steps = 10}}, 3, 0, 16);
      chains.start_hot();
      std::vector<TrajectoryInfo> info(16);
      for (int i = 0; i < 200; ++i)
        chains.advance(info);
      chains.set_hmc({.step_size = step_size, .steps = 10});
      chains.advance(info);
      return acceptance_of(info);
    };
    EXPECT_GT(acceptance(stable / 8), 0.2);
    EXPECT_LT(acceptance(4 * stable), 1e-3);
    EXPECT_GT(acceptance(smallest_step_size(stable, geometry.volume())), 0.9);
    EXPECT_TRUE(can_tune_from(stable / 8, stable));
    EXPECT_FALSE(can_tune_from(1000, stable));
    EXPECT_FALSE(can_tune_from(1e-6, stable));
  }
}

TEST(WithStepSize, KeepsTheLengthOfTheTrajectory) {
  const HmcSettings settings{.step_size = 0.1, .steps = 12, .integrator = Integrator::omelyan, .jitter = 0.1};
  for (const double step : {0.01, 0.07, 0.1, 0.13, 0.5, 1.1, 2.0, 50.0}) {
    const HmcSettings other = with_step_size(settings, step);
    EXPECT_DOUBLE_EQ(other.step_size * other.steps, 1.2);
    EXPECT_EQ(other.steps, std::max(1, static_cast<int>(std::round(1.2 / step)))) << step;
    EXPECT_EQ(other.integrator, settings.integrator);
    EXPECT_EQ(other.jitter, settings.jitter);
  }
  EXPECT_EQ(with_step_size(settings, 1e-300).steps, std::numeric_limits<int>::max());
  EXPECT_THROW(with_step_size(settings, 0), std::invalid_argument);
}

} // namespace
} // namespace stint
