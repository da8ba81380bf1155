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

} // namespace
} // namespace stint
