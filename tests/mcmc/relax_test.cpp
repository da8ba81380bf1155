// HMC from given configurations: what it returns does not depend on how they are dealt out.

#include "mcmc/relax.hpp"

#include "lattice/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace stint {
namespace {

const Geometry geometry({4, 6});
const Phi4 theory{.mass2 = -1, .lambda = 0.8, .field = 0.3};
constexpr std::int64_t volume = 24, count = 37;

std::vector<float> some_configurations() {
  std::vector<float> phi(count * volume);
  Stream{.seed = 9}.normals(phi);
  return phi;
}

TEST(Relax, AConfigurationMovesAlikeInAnyBatch) {
  const RelaxSettings settings{.trajectories = 3, .hmc = {.step_size = 0.3, .steps = 4}};
  auto whole = some_configurations(), parts = whole;
  const RelaxReport all = relax(geometry, theory, settings, 5, 100, whole);
  double accepted = 0;
  for (std::int64_t first = 0; first < count;) {
    const std::int64_t n = std::min<std::int64_t>(first == 0 ? 3 : 20, count - first);
    const auto part = std::span(parts).subspan(first * volume, n * volume);
    accepted += relax(geometry, theory, settings, 5, 100 + first, part).acceptance * static_cast<double>(n);
    first += n;
  }
  EXPECT_EQ(whole, parts);
  EXPECT_NEAR(all.acceptance, accepted / count, 1e-12);
  EXPECT_GT(all.acceptance, 0.5);
  EXPECT_LT(all.acceptance, 1);
}

TEST(Relax, IsTheRunOfChainsThatStartThere) {
  const HmcSettings hmc{.step_size = 0.2, .steps = 5};
  std::vector<std::uint8_t> held(volume, 0);
  held[3] = held[7] = 1;
  auto relaxed = some_configurations();
  relax(geometry, theory, {.trajectories = 2, .hmc = hmc, .held = held}, 5, 32, relaxed);
  MarkovChains<float> chains(geometry, theory, {.hmc = hmc}, 5, 32, count);
  chains.restore(some_configurations(), 0);
  chains.hold(held);
  std::vector<TrajectoryInfo> infos(count);
  for (int t = 0; t < 2; ++t)
    chains.advance(infos);
  std::vector<float> expected(count * volume);
  chains.configurations(expected);
  EXPECT_EQ(relaxed, expected);
  EXPECT_NE(relaxed, some_configurations());
  EXPECT_EQ(relaxed[volume + 3], some_configurations()[volume + 3]);
}

TEST(Relax, SaysThatNothingMoved) {
  auto phi = some_configurations();
  const RelaxReport stuck = relax(geometry, theory, {.trajectories = 4, .hmc = {.step_size = 50}}, 5, 0, phi);
  EXPECT_EQ(stuck.acceptance, 0);
  EXPECT_EQ(stuck.unmoved, count);
  EXPECT_EQ(phi, some_configurations());
  const RelaxReport none = relax(geometry, theory, {}, 5, 0, phi);
  EXPECT_EQ(none.unmoved, count);
}

} // namespace
} // namespace stint
