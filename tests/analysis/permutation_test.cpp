#include "analysis/permutation_test.hpp"

#include "synthetic.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

/// Chains of all primaries as independent AR(1) series, except that |M|, M^2, M^4 follow from M; M has this offset and
/// width, and phi2 and phi4 are correlated by `correlation`.
Measurements synthetic(double rho, int chains, int length, std::uint32_t number, double offset = 0, double width = 1,
                       double correlation = 0) {
  Measurements measurements{Geometry({2, 2}), {}, {}, std::vector<double>(chains * length * primary_count)};
  std::vector<std::vector<double>> columns;
  for (std::uint32_t k = 0; k < primary_count; ++k)
    columns.push_back(testing::ar1(rho, chains, length, number * primary_count + k));
  for (int i = 0; i < chains * length; ++i) {
    measurements.chain.push_back(i / length);
    measurements.trajectory.push_back(10 * (i % length));
    double* values = measurements.values.data() + i * primary_count;
    for (int k = 0; k < primary_count; ++k)
      values[k] = columns[k][i];
    const double m = offset + width * columns[primary::magnetisation][i];
    values[primary::magnetisation] = m;
    values[primary::abs_magnetisation] = std::abs(m);
    values[primary::magnetisation2] = m * m;
    values[primary::magnetisation4] = m * m * m * m;
    values[primary::phi4] =
        correlation * values[primary::phi2] + std::sqrt(1 - correlation * correlation) * columns[primary::phi4][i];
  }
  return measurements;
}

/// P values of equal laws are uniform, also for correlated chains against independent samples.
TEST(PermutationTest, PValuesOfOneLawAreUniform) {
  constexpr int pairs = 100;
  int energy = 0, wasserstein1 = 0;
  double sum = 0;
  for (std::uint32_t i = 0; i < pairs; ++i) {
    const auto test = permutation_test(synthetic(0.8, 2, 1500, 2 * i), synthetic(0, 100, 1, 2 * i + 1), i);
    EXPECT_GT(test.reference, 60);
    EXPECT_LT(test.reference, 250); // tau_int is 4.5: one in 20
    EXPECT_EQ(test.other, 100);
    energy += test.energy_p_value <= 0.2;
    wasserstein1 += test.wasserstein1_p_value <= 0.2;
    sum += test.energy_p_value;
  }
  const double scatter = 4 * std::sqrt(0.2 * 0.8 * pairs);
  EXPECT_NEAR(energy, 0.2 * pairs, scatter);
  EXPECT_NEAR(wasserstein1, 0.2 * pairs, scatter);
  EXPECT_NEAR(sum / pairs, 0.5, 4 * std::sqrt(1 / 12.0 / pairs));
}

TEST(PermutationTest, SeesWhatDiffers) {
  const auto reference = synthetic(0, 500, 1, 900);
  const auto moved = permutation_test(reference, synthetic(0, 500, 1, 901, 0.5), 1);
  EXPECT_EQ(moved.energy_p_value, 0.001);
  EXPECT_EQ(moved.wasserstein1_p_value, 0.001);
  const auto wide = permutation_test(reference, synthetic(0, 500, 1, 902, 0, 1.5), 1);
  EXPECT_EQ(wide.energy_p_value, 0.001);
  // Every observable has the same law, only their correlation differs.
  const auto joint = permutation_test(reference, synthetic(0, 500, 1, 903, 0, 1, 0.9), 1);
  EXPECT_LT(joint.energy_p_value, 0.01);
  EXPECT_GT(joint.wasserstein1_p_value, 0.001);
}

TEST(PermutationTest, EnergyDistanceByHand) {
  // Sixteen configurations, all columns constant but M = 0 (reference) and M = 1: after division by the standard
  // deviation 1/2 the distance between the samples is 2, within them 0: 2 * 2.
  Measurements zero{Geometry({2, 2}), {}, {}, std::vector<double>(8 * primary_count)};
  for (int i = 0; i < 8; ++i) {
    zero.chain.push_back(i);
    zero.trajectory.push_back(0);
  }
  Measurements one = zero;
  for (int i = 0; i < 8; ++i)
    one.values[i * primary_count + primary::magnetisation] = 1;
  const auto test = permutation_test(zero, one, 1);
  EXPECT_NEAR(test.energy_distance, 4, 1e-12);
  EXPECT_EQ(test.energy_p_value, 0.001); // one of 12870 labellings, and its mirror image
  EXPECT_EQ(permutation_test(zero, zero, 1).energy_p_value, 1);
}

TEST(PermutationTest, OneSeedGivesOneAnswer) {
  const auto a = synthetic(0, 50, 1, 910), b = synthetic(0, 50, 1, 911);
  EXPECT_EQ(permutation_test(a, b, 1).energy_p_value, permutation_test(a, b, 1).energy_p_value);
}

TEST(PermutationTest, FewConfigurationsSayNothing) {
  EXPECT_TRUE(std::isnan(permutation_test(synthetic(0, 7, 1, 920), synthetic(0, 50, 1, 921), 1).energy_p_value));
}

} // namespace
} // namespace stint
