#include "src/hmc_settings.hpp"

#include "src/errors.hpp"
#include "tests/src/temporary_folder.hpp"

#include <cmath>

namespace stint {
namespace {

using test::is_one_line;
using test::message_of;

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

TEST(HmcSettings, OnlyWhatDecidesTheResultsIsCompared) {
  const std::string options = "lattice=4x4\nmass2=-4\nthreads=2\nresume=true\noutput=a.h5\ntime-limit=10\n";
  EXPECT_EQ(deciding_options(options), "lattice=4x4\nmass2=-4\n");
  check_same_run("a.parts", "lattice=4x4\nmass2=-4\n", "mass2=-4\nlattice=4x4\n");
  const auto message = [](const char* found, const char* wanted) {
    return message_of([&] { check_same_run("a.parts", found, wanted); });
  };
  EXPECT_TRUE(is_one_line(message("mass2=-4\n", "mass2=-3\n"), "a.parts", "--mass2 -4, not -3"));
  EXPECT_TRUE(is_one_line(message("mass2=-4\n", "mass2=-4\njitter=0.1\n"), "a.parts", "--jitter absent, not 0.1"));
  EXPECT_TRUE(is_one_line(message("mass2=-4\njitter=0.1\n", "mass2=-4\n"), "a.parts", "--jitter 0.1, not absent"));
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
