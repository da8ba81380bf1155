#include "analysis/autocovariance.hpp"

#include "synthetic.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace stint {
namespace {

TEST(LaggedProducts, ByHand) {
  // Chains (1, 2, 3) and (-1, 4).
  const std::vector<double> series = {1, 2, 3, -1, 4};
  const std::vector<std::int64_t> lengths = {3, 2};
  const auto products = lagged_products(series, lengths);
  ASSERT_EQ(products.pairs, (std::vector<std::int64_t>{5, 3, 1}));
  EXPECT_NEAR(products.sum[0], 31, 1e-13);
  EXPECT_NEAR(products.sum[1], 2 + 6 - 4, 1e-13);
  EXPECT_NEAR(products.sum[2], 3, 1e-13);
}

TEST(LaggedProducts, AgreeWithDirectSums) {
  const std::vector<std::int64_t> lengths = {1, 37, 64, 5, 1, 65, 2};
  const auto series = testing::ar1(0.5, 1, 175, 0);
  const auto products = lagged_products(series, lengths);
  ASSERT_EQ(products.sum.size(), 65);
  for (std::int64_t t = 0; t < 65; ++t) {
    double sum = 0;
    std::int64_t pairs = 0, start = 0;
    for (const std::int64_t n : lengths) {
      for (std::int64_t i = 0; i + t < n; ++i, ++pairs)
        sum += series[start + i] * series[start + i + t];
      start += n;
    }
    EXPECT_EQ(products.pairs[t], pairs);
    EXPECT_NEAR(products.sum[t], sum, 1e-12);
  }
}

TEST(LaggedProducts, LeaveOutThePairsOfAGap) {
  // Chain (1, 2, -, 3, 5) and chain (-1, -, 4): at distance 1 the pairs 1*2 and 3*5, at 2 the pairs 2*3 and -1*4.
  const std::vector<double> series = {1, 2, 3, 5, -1, 4};
  const auto products =
      lagged_products(series, std::vector<std::int64_t>{4, 2}, std::vector<std::int64_t>{0, 1, 3, 4, 0, 2});
  ASSERT_EQ(products.pairs, (std::vector<std::int64_t>{6, 2, 2, 2, 1}));
  const std::vector<double> expected = {56, 17, 2, 13, 5};
  for (std::size_t t = 0; t < expected.size(); ++t)
    EXPECT_NEAR(products.sum[t], expected[t], 1e-12) << t;
}

TEST(LaggedProducts, RefuseTimesThatDoNotFit) {
  using Numbers = std::vector<std::int64_t>;
  const std::vector<double> series(3);
  EXPECT_THROW(lagged_products(series, Numbers{3}, Numbers{0, 1}), std::invalid_argument);
  EXPECT_THROW(lagged_products(series, Numbers{3}, Numbers{0, 2, 2}), std::invalid_argument);
  EXPECT_THROW(lagged_products(series, Numbers{2, 1}, Numbers{0, 1, 2}), std::invalid_argument);
}

TEST(LaggedProducts, RefuseLengthsThatDoNotFit) {
  const std::vector<double> series(4);
  using Lengths = std::vector<std::int64_t>;
  EXPECT_THROW(lagged_products(series, Lengths{3}), std::invalid_argument);
  EXPECT_THROW(lagged_products(series, Lengths{4, 0}), std::invalid_argument);
  EXPECT_THROW(lagged_products(series, Lengths{}), std::invalid_argument);
}

} // namespace
} // namespace stint
