#include "analysis/distributions.hpp"

#include "lattice/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace stint {
namespace {

using Sample = std::vector<double>;

Sample sorted_normals(std::size_t n, std::uint32_t number) {
  Sample sample(n);
  Stream{.seed = 5, .chain = number}.normals(sample);
  std::ranges::sort(sample);
  return sample;
}

TEST(KolmogorovSmirnov, StatisticByHand) {
  EXPECT_DOUBLE_EQ(ks_statistic(Sample{1, 2, 3}, Sample{1, 2, 3}), 0);
  EXPECT_DOUBLE_EQ(ks_statistic(Sample{1, 2}, Sample{3, 4, 5}), 1);
  EXPECT_DOUBLE_EQ(ks_statistic(Sample{1, 2, 3, 4}, Sample{2.5}), 0.5);
  EXPECT_DOUBLE_EQ(ks_statistic(Sample{0, 0, 1}, Sample{0, 1, 1}), 1.0 / 3); // ties
  EXPECT_DOUBLE_EQ(ks_statistic(Sample{0, 0}, Sample{0, 0, 0}), 0);
}

TEST(KolmogorovSmirnov, PValueByHand) {
  EXPECT_EQ(ks_p_value(0, 10, 10), 1);
  EXPECT_LT(ks_p_value(1, 1000, 1000), 1e-100);
  // n -> infinity at s = 1: Q(1) = 0.2699996716...
  EXPECT_NEAR(ks_p_value(1 / std::sqrt(5e11), 1e12, 1e12), 0.26999967167735456, 1e-6);
}

TEST(KolmogorovSmirnov, PValuesAreUniformUnderOneLaw) {
  constexpr int pairs = 1000;
  Sample p_values;
  for (std::uint32_t i = 0; i < pairs; ++i)
    p_values.push_back(ks_p_value(ks_statistic(sorted_normals(400, 2 * i), sorted_normals(300, 2 * i + 1)), 400, 300));
  std::ranges::sort(p_values);
  for (const double level : {0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9}) {
    const auto below = static_cast<double>(std::ranges::upper_bound(p_values, level) - p_values.begin());
    EXPECT_NEAR(below / pairs, level, 4 * std::sqrt(level * (1 - level) / pairs)) << level;
  }
}

TEST(Wasserstein1, ShiftedSampleIsAsFarAsTheShift) {
  const Sample sample = sorted_normals(1000, 1);
  for (const double shift : {-2.0, 0.0, 0.25}) {
    Sample moved = sample;
    for (double& x : moved)
      x += shift;
    EXPECT_NEAR(wasserstein1(sample, moved), std::abs(shift), 1e-12);
  }
}

TEST(Wasserstein1, SamplesOfDifferentSizeByHand) {
  EXPECT_DOUBLE_EQ(wasserstein1(Sample{0}, Sample{1, 3}), 2);
  EXPECT_DOUBLE_EQ(wasserstein1(Sample{0, 1}, Sample{0, 0, 1}), 1.0 / 6);
  EXPECT_DOUBLE_EQ(wasserstein1(Sample{0, 1}, Sample{0, 0, 1, 1}), 0);
}

} // namespace
} // namespace stint
