// The Ensemble against the reference, chain by chain, and what its results must not depend on.

#include "mcmc/ensemble.hpp"
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

template<class Real> std::vector<Real> configurations(const Ensemble<Real>& ensemble, const Geometry& geometry) {
  std::vector<Real> out(ensemble.chains() * geometry.volume());
  ensemble.configurations(out);
  return out;
}

/// A run from a hot start: its last configurations and all it reported.
template<class Real> struct Result {
  std::vector<Real> configurations;
  std::vector<TrajectoryInfo> info; // (trajectories, chains)
};
template<class Real> Result<Real> run(Ensemble<Real>& ensemble, const Geometry& geometry, int trajectories) {
  Result<Real> result;
  for (int i = 0; i < trajectories; ++i) {
    result.info.resize(result.info.size() + ensemble.chains());
    ensemble.advance(std::span(result.info).last(ensemble.chains()));
  }
  result.configurations = configurations(ensemble, geometry);
  return result;
}
template<class Real>
Result<Real> run(const Geometry& geometry, std::int64_t first_chain, std::int64_t chains, int trajectories) {
  Ensemble<Real> ensemble(geometry, theory, settings, seed, first_chain, chains);
  ensemble.start_hot(0.5);
  return run(ensemble, geometry, trajectories);
}

void expect_same(const TrajectoryInfo& a, const TrajectoryInfo& b) {
  EXPECT_EQ(a.action, b.action);
  EXPECT_EQ(a.magnetisation, b.magnetisation);
  EXPECT_EQ(a.delta_h, b.delta_h);
  EXPECT_EQ(a.accepted, b.accepted);
}

template<class Real> class EnsembleOf : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(EnsembleOf, Precisions);

TYPED_TEST(EnsembleOf, StartsHotFromItsStream) {
  const Geometry geometry({3, 5});
  Ensemble<TypeParam> ensemble(geometry, theory, settings, seed, 16, 20);
  ensemble.start_hot(0.25);
  const auto phi = configurations(ensemble, geometry);
  std::vector<TypeParam> expected(geometry.volume());
  for (std::uint32_t chain = 0; chain < 20; ++chain) {
    Stream{seed, Purpose::start, 16 + chain, 0}.normals(expected);
    for (std::int64_t x = 0; x < geometry.volume(); ++x)
      EXPECT_NEAR(phi[chain * geometry.volume() + x], expected[x] / 4, 10 * std::numeric_limits<TypeParam>::epsilon());
  }
}

TYPED_TEST(EnsembleOf, MovesEveryChainLikeTheReference) {
  const double epsilon = std::numeric_limits<TypeParam>::epsilon();
  for (const std::string lattice : {"2", "7", "5x3", "2x20", "3x2x5", "3x2x4x5"}) {
    SCOPED_TRACE(lattice);
    const Geometry geometry = Geometry::parse(lattice);
    const std::int64_t first_chain = 32, chains = 21, volume = geometry.volume();
    Ensemble<TypeParam> ensemble(geometry, theory, settings, seed, first_chain, chains);
    ensemble.start_hot(0.5);
    int accepted = 0;
    for (std::uint32_t trajectory = 0; trajectory < 5; ++trajectory) {
      const auto before = configurations(ensemble, geometry);
      std::vector<TrajectoryInfo> info(chains);
      ensemble.advance(info);
      const auto after = configurations(ensemble, geometry);
      for (std::int64_t chain = 0; chain < chains; ++chain) {
        std::vector<double> phi(before.begin() + chain * volume, before.begin() + (chain + 1) * volume);
        const auto expected = reference_trajectory<TypeParam>(
            geometry, theory, settings, seed, static_cast<std::uint32_t>(first_chain + chain), trajectory, phi);
        ASSERT_EQ(info[chain].accepted, expected.accepted);
        EXPECT_NEAR(info[chain].delta_h, expected.delta_h, 100 * epsilon * volume + 1e-6 * std::abs(expected.delta_h));
        EXPECT_NEAR(info[chain].action, expected.action, 1e-5 * volume); // both are rounded to float
        EXPECT_NEAR(info[chain].magnetisation, expected.magnetisation, 1e-6);
        for (std::int64_t x = 0; x < volume; ++x)
          ASSERT_NEAR(after[chain * volume + x], phi[x], 200 * epsilon);
        accepted += expected.accepted;
      }
    }
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, 5 * chains);
  }
}

TYPED_TEST(EnsembleOf, DoesNotDependOnThreads) {
  const Geometry geometry({6, 5});
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = run<TypeParam>(geometry, 0, 75, 7);
  omp_set_num_threads(3);
  const auto three = run<TypeParam>(geometry, 0, 75, 7);
  omp_set_num_threads(threads);
  EXPECT_EQ(one.configurations, three.configurations);
  for (std::size_t i = 0; i < one.info.size(); ++i)
    expect_same(one.info[i], three.info[i]);
}

TYPED_TEST(EnsembleOf, DoesNotDependOnHowChainsAreShared) {
  const Geometry geometry({4, 3, 3});
  const int trajectories = 7;
  const auto all = run<TypeParam>(geometry, 0, 53, trajectories);
  for (const auto& [first, chains] : {std::pair{0, 16}, {16, 32}, {48, 5}, {32, 1}}) {
    const auto part = run<TypeParam>(geometry, first, chains, trajectories);
    EXPECT_TRUE(std::equal(part.configurations.begin(), part.configurations.end(),
                           all.configurations.begin() + first * geometry.volume()));
    for (int trajectory = 0; trajectory < trajectories; ++trajectory)
      for (int chain = 0; chain < chains; ++chain)
        expect_same(part.info[trajectory * chains + chain], all.info[trajectory * 53 + first + chain]);
  }
}

TYPED_TEST(EnsembleOf, ContinuesFromStoredConfigurations) {
  const Geometry geometry({5, 4});
  const auto whole = run<TypeParam>(geometry, 0, 20, 9);
  const auto stopped = run<TypeParam>(geometry, 0, 20, 4);
  Ensemble<TypeParam> ensemble(geometry, theory, settings, seed, 0, 20);
  ensemble.restore(stopped.configurations, 4);
  const auto continued = run(ensemble, geometry, 5);
  EXPECT_EQ(ensemble.trajectory(), 9);
  EXPECT_EQ(continued.configurations, whole.configurations);
  for (std::size_t i = 0; i < continued.info.size(); ++i)
    expect_same(continued.info[i], whole.info[4 * 20 + i]);
}

TYPED_TEST(EnsembleOf, RejectsWhatIsNotFinite) {
  const Geometry geometry({4, 4});
  auto configuration = run<TypeParam>(geometry, 0, 3, 3).configurations;
  Ensemble<TypeParam> ensemble(geometry, theory, settings, seed, 0, 3);
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

TYPED_TEST(EnsembleOf, RefusesWhatMakesNoSense) {
  const Geometry geometry({4, 4});
  const auto make = [&](Phi4 phi4, HmcSettings hmc, std::int64_t first, std::int64_t chains) {
    Ensemble<TypeParam>(geometry, phi4, hmc, seed, first, chains);
  };
  EXPECT_NO_THROW(make(theory, settings, 16, 1));
  EXPECT_THROW(make({.mass2 = -1}, settings, 0, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, {.step_size = 0}, 0, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, {.step_size = 0.1, .steps = -3}, 0, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, settings, 8, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, settings, -16, 1), std::invalid_argument);
  EXPECT_THROW(make(theory, settings, 0, 0), std::invalid_argument);
  EXPECT_THROW(make(theory, settings, std::int64_t{1} << 32, 1), std::invalid_argument);
  Ensemble<TypeParam> ensemble(geometry, theory, settings, seed, 0, 3);
  std::vector<TypeParam> configurations(3 * 16 + 1);
  std::vector<TrajectoryInfo> info(4);
  EXPECT_THROW(ensemble.restore(configurations, 0), std::invalid_argument);
  EXPECT_THROW(ensemble.configurations(configurations), std::invalid_argument);
  EXPECT_THROW(ensemble.advance(info), std::invalid_argument);
}

} // namespace
} // namespace stint
