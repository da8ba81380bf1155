// MarkovChains against the reference, chain by chain, and what its results must not depend on.

#include "mcmc/markov_chains.hpp"

#include "lattice/action.hpp"
#include "mcmc/reference.hpp"

#include <gtest/gtest.h>

#include <omp.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace stint {
namespace {

const Phi4 theory{.mass2 = -1, .lambda = 0.8, .field = 0.3, .quadratic = 0.2};
const HmcSettings settings{.step_size = 0.2, .steps = 5};
constexpr std::uint64_t seed = 31;

/// One of each kind of update.
const std::vector<UpdateSettings> all_updates = {
    {.hmc = settings},
    {.hmc = {.step_size = 0.4, .steps = 3, .integrator = Integrator::omelyan, .jitter = 0.3}},
    {.hmc = {.step_size = 0.7, .steps = 1, .integrator = Integrator::omelyan4, .jitter = 0.1}},
    {.hmc = {.step_size = 0.2, .steps = 3, .jitter = 0.2, .fourier_mass2 = 0.9}},
    {.hmc = settings, .cluster_sweeps = 2}};

template<class Real> std::vector<Real> configurations(const MarkovChains<Real>& ensemble, const Geometry& geometry) {
  std::vector<Real> out(ensemble.chains() * geometry.volume());
  ensemble.configurations(out);
  return out;
}

/// A run from a hot start: its last configurations and all it reported.
template<class Real> struct Result {
  std::vector<Real> configurations;
  std::vector<TrajectoryInfo> info; // (trajectories, chains)
};
template<class Real> Result<Real> run(MarkovChains<Real>& ensemble, const Geometry& geometry, int trajectories) {
  Result<Real> result;
  for (int i = 0; i < trajectories; ++i) {
    result.info.resize(result.info.size() + ensemble.chains());
    ensemble.advance(std::span(result.info).last(ensemble.chains()));
  }
  result.configurations = configurations(ensemble, geometry);
  return result;
}
template<class Real>
Result<Real> run(const Geometry& geometry, std::int64_t first_chain, std::int64_t chains, int trajectories,
                 const UpdateSettings& update = {.hmc = settings}) {
  MarkovChains<Real> ensemble(geometry, theory, update, seed, first_chain, chains);
  ensemble.start_hot(0.5);
  return run(ensemble, geometry, trajectories);
}

void expect_same(const TrajectoryInfo& a, const TrajectoryInfo& b) {
  EXPECT_EQ(a.action, b.action);
  EXPECT_EQ(a.magnetisation, b.magnetisation);
  EXPECT_EQ(a.delta_h, b.delta_h);
  EXPECT_EQ(a.virial, b.virial);
  EXPECT_EQ(a.accepted, b.accepted);
}

template<class Real> class MarkovChainsOf : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(MarkovChainsOf, Precisions);

TYPED_TEST(MarkovChainsOf, StartsHotFromItsStream) {
  const Geometry geometry({3, 5});
  MarkovChains<TypeParam> ensemble(geometry, theory, {.hmc = settings}, seed, 16, 20);
  ensemble.start_hot(0.25);
  const auto phi = configurations(ensemble, geometry);
  std::vector<TypeParam> expected(geometry.volume());
  for (std::uint32_t chain = 0; chain < 20; ++chain) {
    Stream{seed, Purpose::start, 16 + chain, 0}.normals(expected);
    for (std::int64_t x = 0; x < geometry.volume(); ++x)
      EXPECT_NEAR(phi[chain * geometry.volume() + x], expected[x] / 4, 10 * std::numeric_limits<TypeParam>::epsilon());
  }
}

TYPED_TEST(MarkovChainsOf, MovesEveryChainLikeTheReference) {
  const double epsilon = std::numeric_limits<TypeParam>::epsilon();
  for (const UpdateSettings& update : all_updates) {
    if (update.cluster_sweeps > 0)
      continue; // cluster_test.cpp
    int accepted = 0, compared = 0;
    for (const std::string lattice : {"2", "7", "5x3", "2x20", "3x2x5", "3x2x4x5"}) {
      SCOPED_TRACE(lattice);
      const Geometry geometry = Geometry::parse(lattice);
      const std::int64_t first_chain = 32, chains = 21, volume = geometry.volume();
      const std::int64_t stride = update.hmc.fourier_mass2 ? 4 : 1; // of the chains to compare
      MarkovChains<TypeParam> ensemble(geometry, theory, update, seed, first_chain, chains);
      ensemble.start_hot(0.5);
      for (std::uint32_t trajectory = 0; trajectory < 5; ++trajectory) {
        const auto before = configurations(ensemble, geometry);
        std::vector<TrajectoryInfo> info(chains);
        ensemble.advance(info);
        const auto after = configurations(ensemble, geometry);
        for (std::int64_t chain = 0; chain < chains; chain += stride) {
          std::vector<double> phi(before.begin() + chain * volume, before.begin() + (chain + 1) * volume);
          const auto expected = reference_trajectory<TypeParam>(
              geometry, theory, update.hmc, seed, static_cast<std::uint32_t>(first_chain + chain), trajectory, phi);
          ASSERT_EQ(info[chain].accepted, expected.accepted);
          EXPECT_NEAR(info[chain].delta_h, expected.delta_h,
                      100 * epsilon * volume + 1e-6 * std::abs(expected.delta_h));
          EXPECT_NEAR(info[chain].action, expected.action, 1e-5 * volume); // both are rounded to float
          EXPECT_NEAR(info[chain].magnetisation, expected.magnetisation, 1e-6);
          EXPECT_NEAR(info[chain].virial, expected.virial, 1e-4);
          for (std::int64_t x = 0; x < volume; ++x)
            ASSERT_NEAR(after[chain * volume + x], phi[x], 400 * epsilon);
          accepted += expected.accepted;
          ++compared;
        }
      }
    }
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, compared);
  }
}

TYPED_TEST(MarkovChainsOf, MovesLargeLatticesLikeTheReference) {
  // Too large for a cache: a chain is a group of its own, see LaneUse.
  const double epsilon = std::numeric_limits<TypeParam>::epsilon();
  const UpdateSettings update{.hmc = {.step_size = 0.13, .steps = 3}};
  int accepted = 0, compared = 0;
  for (const std::string lattice : {"16384", "128x128", "13x16x60", "5x7x32x12"}) {
    SCOPED_TRACE(lattice);
    const Geometry geometry = Geometry::parse(lattice);
    const std::int64_t chains = 3, volume = geometry.volume();
    ASSERT_TRUE(LaneLayout::allows_blocks(geometry));
    MarkovChains<TypeParam> ensemble(geometry, theory, update, seed, 16, chains);
    ensemble.start_hot(0.5);
    auto before = configurations(ensemble, geometry);
    std::vector<TypeParam> drawn(volume);
    Stream{seed, Purpose::start, 18, 0}.normals(drawn);
    for (std::int64_t x = 0; x < volume; ++x)
      ASSERT_NEAR(before[2 * volume + x], drawn[x] / 2, 10 * epsilon);
    for (std::uint32_t trajectory = 0; trajectory < 3; ++trajectory) {
      std::vector<TrajectoryInfo> info(chains);
      ensemble.advance(info);
      const auto after = configurations(ensemble, geometry);
      for (std::int64_t chain = 0; chain < chains; ++chain) {
        std::vector<double> phi(before.begin() + chain * volume, before.begin() + (chain + 1) * volume);
        const auto expected = reference_trajectory<TypeParam>(geometry, theory, update.hmc, seed,
                                                              static_cast<std::uint32_t>(16 + chain), trajectory, phi);
        ASSERT_EQ(info[chain].accepted, expected.accepted);
        EXPECT_NEAR(info[chain].delta_h, expected.delta_h, 20 * epsilon * volume + 1e-5 * std::abs(expected.delta_h));
        EXPECT_NEAR(info[chain].action, expected.action, 1e-5 * volume);
        EXPECT_NEAR(info[chain].magnetisation, expected.magnetisation, 1e-5);
        EXPECT_NEAR(info[chain].virial, expected.virial, 1e-4);
        for (std::int64_t x = 0; x < volume; ++x)
          ASSERT_NEAR(after[chain * volume + x], phi[x], 200 * epsilon);
        accepted += expected.accepted;
        ++compared;
      }
      before = after;
    }
    MarkovChains<TypeParam> resumed(geometry, theory, update, seed, 16, chains);
    resumed.restore(before, 3);
    EXPECT_EQ(run(resumed, geometry, 1).configurations, run(ensemble, geometry, 1).configurations);
    ensemble.set_hmc({.step_size = 0.13, .steps = 3, .fourier_mass2 = 0.9}); // groups of many chains from here
    resumed.set_hmc({.step_size = 0.13, .steps = 3, .fourier_mass2 = 0.9});
    EXPECT_EQ(configurations(ensemble, geometry), configurations(resumed, geometry));
    EXPECT_EQ(run(resumed, geometry, 1).configurations, run(ensemble, geometry, 1).configurations);
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, compared);
}

TYPED_TEST(MarkovChainsOf, ReportsTheStateAfterClusterSweeps) {
  const Geometry geometry({6, 5});
  MarkovChains<TypeParam> ensemble(geometry, theory, {.hmc = settings, .cluster_sweeps = 1}, seed, 16, 21);
  ensemble.start_hot(0.5);
  std::vector<TrajectoryInfo> info(21);
  bool flipped = false;
  for (int trajectory = 0; trajectory < 3; ++trajectory) {
    const auto before = configurations(ensemble, geometry);
    ensemble.advance(info);
    const auto after = configurations(ensemble, geometry);
    for (int chain = 0; chain < 21; ++chain) {
      const std::vector<double> phi(after.begin() + chain * geometry.volume(),
                                    after.begin() + (chain + 1) * geometry.volume());
      std::vector<double> forces(phi.size());
      force<double>(geometry, theory, phi, forces);
      double sum = 0, virial = 0;
      for (std::size_t x = 0; x < phi.size(); ++x) {
        sum += phi[x] / static_cast<double>(geometry.volume());
        virial -= phi[x] * forces[x] / static_cast<double>(geometry.volume());
        flipped |= !info[chain].accepted && after[chain * phi.size() + x] != before[chain * phi.size() + x];
      }
      EXPECT_NEAR(info[chain].action, action<double>(geometry, theory, phi), 1e-4);
      EXPECT_NEAR(info[chain].magnetisation, sum, 1e-6);
      EXPECT_NEAR(info[chain].virial, virial, 1e-4);
    }
  }
  EXPECT_TRUE(flipped) << "clusters move also where HMC was rejected";
}

TYPED_TEST(MarkovChainsOf, DoesNotDependOnThreads) {
  const Geometry geometry({6, 5});
  const int threads = omp_get_max_threads();
  for (const UpdateSettings& update : all_updates) {
    omp_set_num_threads(1);
    const auto one = run<TypeParam>(geometry, 0, 75, 7, update);
    omp_set_num_threads(3);
    const auto three = run<TypeParam>(geometry, 0, 75, 7, update);
    omp_set_num_threads(threads);
    EXPECT_EQ(one.configurations, three.configurations);
    for (std::size_t i = 0; i < one.info.size(); ++i)
      expect_same(one.info[i], three.info[i]);
  }
}

TYPED_TEST(MarkovChainsOf, DoesNotDependOnHowChainsAreShared) {
  const Geometry geometry({4, 3, 3});
  const int trajectories = 7;
  for (const UpdateSettings& update : all_updates) {
    const auto all = run<TypeParam>(geometry, 0, 53, trajectories, update);
    for (const auto& [first, chains] : {std::pair{0, 16}, {16, 32}, {48, 5}, {32, 1}}) {
      const auto part = run<TypeParam>(geometry, first, chains, trajectories, update);
      EXPECT_TRUE(std::equal(part.configurations.begin(), part.configurations.end(),
                             all.configurations.begin() + first * geometry.volume()));
      for (int trajectory = 0; trajectory < trajectories; ++trajectory)
        for (int chain = 0; chain < chains; ++chain)
          expect_same(part.info[trajectory * chains + chain], all.info[trajectory * 53 + first + chain]);
    }
  }
}

TYPED_TEST(MarkovChainsOf, ContinuesFromStoredConfigurations) {
  const Geometry geometry({5, 4});
  for (const UpdateSettings& update : all_updates) {
    const auto whole = run<TypeParam>(geometry, 0, 20, 9, update);
    const auto stopped = run<TypeParam>(geometry, 0, 20, 4, update);
    MarkovChains<TypeParam> ensemble(geometry, theory, update, seed, 0, 20);
    ensemble.restore(stopped.configurations, 4);
    const auto continued = run(ensemble, geometry, 5);
    EXPECT_EQ(ensemble.trajectory(), 9);
    EXPECT_EQ(continued.configurations, whole.configurations);
    for (std::size_t i = 0; i < continued.info.size(); ++i)
      expect_same(continued.info[i], whole.info[4 * 20 + i]);
  }
}

TYPED_TEST(MarkovChainsOf, TakesOtherSettingsBetweenTrajectories) {
  const Geometry geometry({5, 4});
  for (const UpdateSettings& update : all_updates) {
    MarkovChains<TypeParam> ensemble(geometry, theory, {.hmc = settings, .cluster_sweeps = update.cluster_sweeps}, seed,
                                     0, 20);
    ensemble.start_hot(0.5);
    ensemble.set_hmc(update.hmc);
    EXPECT_EQ(run(ensemble, geometry, 3).configurations, run<TypeParam>(geometry, 0, 20, 3, update).configurations);
    EXPECT_THROW(ensemble.set_hmc({.step_size = -1}), std::invalid_argument);
  }
}

TYPED_TEST(MarkovChainsOf, RejectsWhatIsNotFinite) {
  const Geometry geometry({4, 4});
  for (const UpdateSettings& update : all_updates) {
    if (update.cluster_sweeps > 0)
      continue; // they change a rejected configuration
    auto configuration = run<TypeParam>(geometry, 0, 3, 3, update).configurations;
    MarkovChains<TypeParam> ensemble(geometry, theory, update, seed, 0, 3);
    ensemble.restore(configuration, 3);
    const auto clean = run(ensemble, geometry, 1);
    configuration[geometry.volume() + 5] = TypeParam(1e30); // overflows
    configuration[2 * geometry.volume() + 5] = std::numeric_limits<TypeParam>::quiet_NaN();
    ensemble.restore(configuration, 3);
    const auto spoiled = run(ensemble, geometry, 1);
    expect_same(spoiled.info[0], clean.info[0]);
    for (const int chain : {1, 2}) {
      EXPECT_FALSE(spoiled.info[chain].accepted);
      EXPECT_FALSE(std::isfinite(spoiled.info[chain].delta_h));
    }
    EXPECT_EQ(std::memcmp(&spoiled.configurations[geometry.volume()], &configuration[geometry.volume()],
                          2 * geometry.volume() * sizeof(TypeParam)),
              0);
  }
}

TYPED_TEST(MarkovChainsOf, RefusesWhatMakesNoSense) {
  const Geometry geometry({4, 4});
  const auto make = [&](Phi4 phi4, HmcSettings hmc, std::int64_t first, std::int64_t chains) {
    MarkovChains<TypeParam>(geometry, phi4, {.hmc = hmc}, seed, first, chains);
  };
  EXPECT_NO_THROW(make(theory, settings, 16, 1));
  EXPECT_THROW(make({.mass2 = -1}, settings, 0, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, {.step_size = 0}, 0, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, {.step_size = 0.1, .steps = -3}, 0, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, {.fourier_mass2 = -1}, 0, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, settings, 8, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, settings, -16, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, settings, 0, 0), std::invalid_argument);
  EXPECT_THROW(make(theory, settings, std::int64_t{1} << 32, 1), std::invalid_argument);
  MarkovChains<TypeParam> ensemble(geometry, theory, {.hmc = settings}, seed, 0, 3);
  std::vector<TypeParam> configurations(3 * 16 + 1);
  std::vector<TrajectoryInfo> info(4);
  EXPECT_THROW(ensemble.restore(configurations, 0), std::invalid_argument);
  EXPECT_THROW(ensemble.configurations(configurations), std::invalid_argument);
  EXPECT_THROW(ensemble.advance(info), std::invalid_argument);
}

} // namespace
} // namespace stint
