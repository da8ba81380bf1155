#include "analysis/rank_convergence.hpp"

#include "synthetic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

namespace stint {
namespace {

using Lengths = std::vector<std::int64_t>;

TEST(NormalQuantile, InvertsTheNormalLaw) {
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-15);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-13);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-12);
  for (const double p : {1e-12, 1e-5, 0.2, 0.499, 0.7, 0.999})
    EXPECT_NEAR(std::erfc(-normal_quantile(p) / std::numbers::sqrt2) / 2, p, 1e-13);
}

TEST(RankConvergence, EffectiveSizeIsThatOfTheAutocorrelation) {
  for (const double rho : {0.0, 0.5, 0.9}) {
    const auto found = rank_convergence(testing::ar1(rho, 8, 5000, 77), Lengths(8, 5000));
    const double tau = testing::ar1_tau_int(rho), exact = 40000 / (2 * tau);
    EXPECT_NEAR(found.bulk_ess, exact, 4 * exact * 2 * std::sqrt(2 * (3 * tau) / 40000) + 0.01 * exact) << rho;
    EXPECT_GT(found.r_hat, 1 - 1e-3);
    EXPECT_LT(found.r_hat, 1 + 4 * 2 * tau / 5000) << rho;
  }
}

TEST(RankConvergence, OnlyRanksMatter) {
  auto series = testing::ar1(0.6, 4, 101, 78);
  const auto normal = rank_convergence(series, Lengths(4, 101));
  for (double& value : series)
    value = std::sinh(7 * value); // tails that have no useful variance
  const auto heavy = rank_convergence(series, Lengths(4, 101));
  EXPECT_EQ(heavy.bulk_ess, normal.bulk_ess);
}

TEST(RankConvergence, SeesAnotherPlaceAndAnotherWidth) {
  const Lengths lengths(4, 1000);
  const auto series = testing::ar1(0, 4, 1000, 79);
  EXPECT_LT(rank_convergence(series, lengths).r_hat, 1.01);
  auto moved = series, wide = series;
  for (int i = 2000; i < 3000; ++i) {
    moved[i] += 1;
    wide[i] *= 3; // the same mean: only the folded values tell
  }
  EXPECT_GT(rank_convergence(moved, lengths).r_hat, 1.08); // sqrt(1 + 3/14) less what ranks and the wider law take
  EXPECT_LT(rank_convergence(moved, lengths).bulk_ess, 200);
  EXPECT_GT(rank_convergence(wide, lengths).r_hat, 1.05);
}

TEST(RankConvergence, OfUnequalChainsTheLastEntriesCount) {
  const auto equal = testing::ar1(0.5, 2, 50, 80);
  auto series = equal;
  series.insert(series.begin(), 20, 1e6);
  const auto found = rank_convergence(series, Lengths{70, 50}), expected = rank_convergence(equal, Lengths{50, 50});
  EXPECT_EQ(found.r_hat, expected.r_hat);
  EXPECT_EQ(found.bulk_ess, expected.bulk_ess);
}

TEST(RankConvergence, TiesShareTheirMeanRank) {
  const auto distinct = testing::ar1(0.5, 2, 50, 84);
  auto tied = distinct;
  for (double& value : tied)
    value = std::round(2 * value);
  const auto found = rank_convergence(tied, Lengths(2, 50));
  auto reversed = tied; // ties in another order
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_NEAR(rank_convergence(reversed, Lengths(2, 50)).bulk_ess, found.bulk_ess, 1e-9 * found.bulk_ess);
  const auto exact = rank_convergence(distinct, Lengths(2, 50));
  EXPECT_NEAR(found.bulk_ess, exact.bulk_ess, 0.3 * exact.bulk_ess);
}

TEST(RankConvergence, AllObservablesAreSeriesOfTheirChains) {
  Measurements measurements{Geometry({2, 2}), {}, {}, std::vector<double>(120 * primary_count)};
  const auto series = testing::ar1(0.5, 3, 40, 85);
  const auto bent = [](double value, int k) { return value + k * value * value; };
  for (int step = 0; step < 40; ++step) // interleaved
    for (int chain = 0; chain < 3; ++chain) {
      double* values = measurements.values.data() + measurements.chain.size() * primary_count;
      for (int k = 0; k < primary_count; ++k)
        values[k] = bent(series[40 * chain + step], k);
      measurements.chain.push_back(chain);
      measurements.trajectory.push_back(step);
    }
  const auto found = convergence_all(measurements, split_chains(measurements.chain, measurements.trajectory));
  ASSERT_EQ(found.size(), 6);
  for (const auto& [name, k] :
       {std::pair("magnetisation", primary::magnetisation), std::pair("action_density", primary::action_density)}) {
    auto of_one = series;
    for (double& value : of_one)
      value = bent(value, k);
    const auto expected = rank_convergence(of_one, Lengths(3, 40));
    const auto same = std::ranges::find(found, name, &NamedConvergence::name);
    ASSERT_NE(same, found.end());
    EXPECT_EQ(same->convergence.r_hat, expected.r_hat);
    EXPECT_EQ(same->convergence.bulk_ess, expected.bulk_ess);
  }
}

TEST(RankConvergence, UndefinedIsNaN) {
  EXPECT_TRUE(std::isnan(rank_convergence(std::vector<double>(40, 1.0), Lengths(4, 10)).r_hat));
  EXPECT_TRUE(std::isnan(rank_convergence(testing::ar1(0, 40, 1, 81), Lengths(40, 1)).bulk_ess));
  EXPECT_THROW(rank_convergence(std::vector<double>(5), Lengths(4, 10)), std::invalid_argument);
}

} // namespace
} // namespace stint
