// HMC with held sites samples the conditional law of the others.

#include "mcmc/markov_chains.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace stint {
namespace {

template<class Real> class Held : public ::testing::Test {};
using Precisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Held, Precisions);

/// A free chain of 6 sites of which 0, 2 and 5 are held: site 1 is alone between two of them,
///   mean (2 phi_0 + 2 phi_2 + h) / (2 (2 + m2)),  variance 1 / (2 (2 + m2)),
/// and 3, 4 are a pair: the inverse of their 2x2 block of the action.
TYPED_TEST(Held, SitesLeaveTheOthersInTheirConditionalLaw) {
  const Geometry chain({6});
  const Phi4 theory{.mass2 = 0.5, .field = 0.4};
  const std::vector<TypeParam> start = {1, 0, -0.5, 0, 0, 2};
  const std::int64_t chains = 64, trajectories = 3000, thermalize = 20;
  MarkovChains<TypeParam> ensemble(chain, theory, {.hmc = {.step_size = 0.3, .steps = 4}}, 5, 0, chains);
  std::vector<TypeParam> fields;
  for (std::int64_t n = 0; n < chains; ++n)
    fields.insert(fields.end(), start.begin(), start.end());
  ensemble.restore(fields, 0);
  ensemble.hold(std::vector<std::uint8_t>{1, 0, 1, 0, 0, 1});

  std::vector<TrajectoryInfo> info(chains);
  // Means over a chain's trajectories, then over independent chains.
  std::vector<std::vector<double>> means(5, std::vector<double>(chains, 0));
  double moved = 0;
  for (std::int64_t t = 0; t < trajectories + thermalize; ++t) {
    ensemble.advance(info);
    if (t < thermalize)
      continue;
    ensemble.configurations(fields);
    for (std::int64_t n = 0; n < chains; ++n) {
      const TypeParam* phi = fields.data() + n * 6;
      for (const int site : {0, 2, 5})
        ASSERT_EQ(phi[site], start[site]);
      const double values[] = {phi[1], phi[1] * phi[1], phi[3], phi[4], phi[3] * phi[4]};
      for (int i = 0; i < 5; ++i)
        means[i][n] += values[i] / static_cast<double>(trajectories);
      moved += info[n].accepted;
    }
  }
  EXPECT_GT(moved / static_cast<double>(chains * trajectories), 0.9);

  const double a = 2 * (2 + theory.mass2), h = theory.field; // S = a/2 phi^2 - 2 phi phi' - h phi
  const double mean1 = (2 * start[0] + 2 * start[2] + h) / a;
  const double source3 = 2 * start[2] + h, source4 = 2 * start[5] + h, determinant = a * a - 4;
  const double mean3 = (a * source3 + 2 * source4) / determinant, mean4 = (2 * source3 + a * source4) / determinant;
  const double exact[] = {mean1, mean1 * mean1 + 1 / a, mean3, mean4, mean3 * mean4 + 2 / determinant};
  for (int i = 0; i < 5; ++i) {
    double mean = 0, square = 0;
    for (const double value : means[i]) {
      mean += value / chains;
      square += value * value / chains;
    }
    EXPECT_LT(std::abs(mean - exact[i]), 4 * std::sqrt((square - mean * mean) / (chains - 1))) << i;
  }
}

TYPED_TEST(Held, NoSiteIsTheSameAsWithout) {
  const Geometry geometry({8, 6});
  const Phi4 theory{.mass2 = -1, .lambda = 0.8};
  const auto run = [&](bool hold) {
    MarkovChains<TypeParam> ensemble(geometry, theory, {.hmc = {.integrator = Integrator::omelyan}}, 5, 0, 20);
    ensemble.start_hot();
    if (hold)
      ensemble.hold(std::vector<std::uint8_t>(48, 0));
    std::vector<TrajectoryInfo> info(20);
    for (int t = 0; t < 5; ++t)
      ensemble.advance(info);
    std::vector<TypeParam> fields(20 * 48);
    ensemble.configurations(fields);
    return fields;
  };
  EXPECT_EQ(run(true), run(false));
}

TYPED_TEST(Held, RefusesWhatItCannotHold) {
  MarkovChains<TypeParam> fourier(Geometry({4, 4}), {.mass2 = 1}, {.hmc = {.fourier_mass2 = 1}}, 1, 0, 1);
  EXPECT_THROW(fourier.hold(std::vector<std::uint8_t>(16, 1)), std::invalid_argument);
  MarkovChains<TypeParam> plain(Geometry({4, 4}), {.mass2 = 1}, {}, 1, 0, 1);
  EXPECT_THROW(plain.hold(std::vector<std::uint8_t>(15, 1)), std::invalid_argument);
}

} // namespace
} // namespace stint
