#include "src/hmc/settings.hpp"

#include "src/program/errors.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(HmcSettings, TheBestAcceptanceMaximisesStepSizeTimesAcceptance) {
  for (const auto& [integrator, order] :
       {std::pair(Integrator::leapfrog, 2), {Integrator::omelyan, 2}, {Integrator::omelyan4, 4}}) {
    double best = 0, acceptance = 0;
    for (double step_size = 0.001; step_size < 2; step_size += 0.001)
      if (const double p = std::erfc(std::pow(step_size, order)); step_size * p > best) {
        best = step_size * p;
        acceptance = p;
      }
    EXPECT_NEAR(best_acceptance(integrator), acceptance, 0.005);
  }
}

TEST(HmcSettings, TheAlgorithmDecidesTheUpdate) {
  HmcRunSettings settings;
  settings.algorithm = "cluster";
  settings.integrator = "omelyan4";
  settings.check();
  EXPECT_EQ(settings.update.cluster_sweeps, 1);
  EXPECT_EQ(settings.update.hmc.integrator, Integrator::omelyan4);
  settings.algorithm = "hmc";
  settings.check();
  EXPECT_EQ(settings.update.cluster_sweeps, 0);
}

TEST(HmcSettings, AutoTakesClustersForADoubleWell) {
  const auto chosen = [](const Phi4& theory, const char* lattice) {
    HmcRunSettings settings;
    settings.algorithm = "auto";
    settings.check();
    settings.choose_algorithm(theory, Geometry::parse(lattice));
    EXPECT_EQ(settings.update.cluster_sweeps, settings.algorithm == "cluster" ? 1 : 0);
    return settings.algorithm;
  };
  EXPECT_EQ(chosen({.mass2 = -4, .lambda = 4.572}, "32x32"), "cluster");
  EXPECT_EQ(chosen({.mass2 = -0.1, .lambda = 1, .field = 0.3}, "8x8x8"), "cluster");
  EXPECT_EQ(chosen({.mass2 = 0.1, .lambda = 1, .quadratic = 0.2}, "8"), "cluster");
  EXPECT_EQ(chosen({.mass2 = 0.1, .lambda = 1}, "32x32"), "hmc");
  EXPECT_EQ(chosen({.mass2 = 0.5}, "32x32"), "hmc");
  EXPECT_EQ(chosen({.mass2 = -4, .lambda = 4.572}, "16384x8192"), "hmc"); // too large for the labels of clusters
}

TEST(HmcSettings, AnAlgorithmThatIsGivenStays) {
  HmcRunSettings settings;
  settings.check();
  settings.choose_algorithm({.mass2 = -4, .lambda = 4.572}, Geometry({32, 32}));
  EXPECT_EQ(settings.algorithm, "hmc");
  EXPECT_EQ(settings.update.cluster_sweeps, 0);
}

TEST(HmcSettings, SaveEveryFollowsFromTheTrajectories) {
  for (const auto& [trajectories, expected] : {std::pair(6000, 300), {100, 5}, {39, 1}, {1, 1}}) {
    HmcRunSettings settings;
    settings.trajectories = trajectories;
    settings.check();
    EXPECT_EQ(settings.save_every, expected);
    EXPECT_EQ(settings.given_save_every, expected) << "recorded among the options";
  }
  HmcRunSettings settings;
  settings.given_save_every = 7;
  settings.check();
  EXPECT_EQ(settings.save_every, 7);
}

TEST(HmcSettings, TuningNeedsSomeThermalisation) {
  HmcRunSettings settings;
  settings.tune = true;
  for (const std::int64_t thermalize : {0, 1, 19}) {
    settings.thermalize = thermalize;
    EXPECT_THROW(settings.check(), UsageError) << thermalize;
  }
  settings.thermalize = 20;
  EXPECT_NO_THROW(settings.check());
}

} // namespace
} // namespace stint
