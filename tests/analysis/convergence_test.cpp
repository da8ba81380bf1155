#include "analysis/convergence.hpp"

#include "lattice/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace stint {
namespace {

SplitMoments split(const std::vector<double>& series) {
  SplitMoments moments;
  for (std::size_t i = 0; i < series.size(); ++i)
    moments.add(series[i], static_cast<std::int64_t>(i), std::ssize(series));
  return moments;
}

std::vector<double> normals(std::uint32_t chain, std::size_t size) {
  std::vector<double> values(size);
  Stream{.seed = 5, .purpose = Purpose::start, .chain = chain}.normals(values);
  return values;
}

TEST(Convergence, RunningMomentsAreThoseOfTheSeries) {
  RunningMoments moments;
  for (const double value : {1e6 + 1, 1e6 + 2, 1e6 + 6}) // large mean: sums of squares would lose the variance
    moments.add(value);
  EXPECT_DOUBLE_EQ(moments.mean, 1e6 + 3);
  EXPECT_DOUBLE_EQ(moments.variance(), 7);
}

TEST(Convergence, AnOddSeriesLosesItsMiddle) {
  const auto moments = split({1, 3, 100, 5, 7});
  EXPECT_EQ(moments.first.count, 2);
  EXPECT_EQ(moments.first.mean, 2);
  EXPECT_EQ(moments.second.count, 2);
  EXPECT_EQ(moments.second.mean, 6);
}

TEST(Convergence, SplitRHatByHand) {
  // Halves (1, 3), (2, 4), (5, 7), (0, 4): N = 2, means 2, 3, 6, 2 of mean 13/4, variances 2, 2, 2, 8.
  // B = 2/3 (25/16 + 1/16 + 121/16 + 25/16) = 2/3 172/16 = 43/6, W = 7/2, R-hat^2 = 1/2 + 43/42.
  const std::vector<SplitMoments> chains = {split({1, 3, 2, 4}), split({5, 7, 0, 4})};
  EXPECT_NEAR(split_r_hat(chains), std::sqrt(0.5 + 43.0 / 42.0), 1e-14);
}

TEST(Convergence, IdenticalHalvesGiveLessThanOne) { // B = 0: sqrt((N - 1)/N), as in every implementation
  const std::vector<SplitMoments> chains(3, split({1, 2, 3, 4, 1, 2, 3, 4}));
  EXPECT_NEAR(split_r_hat(chains), std::sqrt(3.0 / 4.0), 1e-14);
}

TEST(Convergence, ShiftAndScaleDoNotMatter) {
  std::vector<SplitMoments> chains, moved;
  for (std::uint32_t c = 0; c < 4; ++c) {
    auto series = normals(c, 50);
    chains.push_back(split(series));
    for (double& value : series)
      value = -3 * value + 10;
    moved.push_back(split(series));
  }
  EXPECT_NEAR(split_r_hat(chains), split_r_hat(moved), 1e-12);
}

TEST(Convergence, OneLawGivesOne) {
  std::vector<SplitMoments> chains;
  for (std::uint32_t c = 0; c < 64; ++c)
    chains.push_back(split(normals(c, 2000)));
  // For independent entries B/W is near 1 with relative variance 2/(M - 1), so R-hat^2 - 1 = (B/W - 1)/N.
  EXPECT_LT(std::abs(std::pow(split_r_hat(chains), 2) - 1), 4 * std::sqrt(2.0 / 127) / 1000);
}

TEST(Convergence, AChainElsewhereIsSeen) {
  std::vector<SplitMoments> chains;
  for (std::uint32_t c = 0; c < 4; ++c)
    chains.push_back(split(normals(c, 2000)));
  auto far = normals(9, 2000);
  for (double& value : far)
    value += 1;
  chains[2] = split(far);
  // The means' variance is (2 of 8 halves shifted by 1) 2/7 (1 - 1/4) = 3/14, up to the noise of the halves' means.
  EXPECT_NEAR(split_r_hat(chains), std::sqrt(1 + 3.0 / 14), 0.02);
}

TEST(Convergence, ADriftWithinTheChainsIsSeen) { // all chains alike: only the split tells
  std::vector<SplitMoments> chains;
  for (std::uint32_t c = 0; c < 4; ++c) {
    auto series = normals(c, 1000);
    for (std::size_t i = 0; i < series.size(); ++i)
      series[i] += static_cast<double>(i) / 250;
    chains.push_back(split(series));
  }
  EXPECT_GT(split_r_hat(chains), 1.3);
}

TEST(Convergence, UndefinedIsNaN) {
  EXPECT_TRUE(std::isnan(split_r_hat({})));
  EXPECT_TRUE(std::isnan(split_r_hat(std::vector{split({1, 2, 3})})));
  EXPECT_TRUE(std::isnan(split_r_hat(std::vector{split({1, 1, 1, 1})})));
}

} // namespace
} // namespace stint
