#include "lattice/free_field.hpp"

#include "lattice/action.hpp"
#include "tests/lattice/configuration_moments.hpp"
#include "tests/lattice/independent_mean.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

const Phi4 free{.mass2 = 0.7, .field = 0.3, .quadratic = 0.2};

TEST(FreeField, EigenvaluesByHand) {
  // 4 sin^2(pi n / L): L = 2 gives 0, 4; L = 4 gives 0, 2, 4, 2
  const std::vector<double> expected = {0, 2, 4, 2, 4, 6, 8, 6};
  const auto eigenvalues = laplacian_eigenvalues(Geometry({2, 4}));
  ASSERT_EQ(eigenvalues.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(eigenvalues[i], expected[i], 1e-12);
}

TEST(FreeField, MomentsOfTwoSitesByHand) {
  // Sigma = 1 / (2 * 0.5) = 1 and 1 / (2 * 4.5) = 1/9; mean = 0.3 / (2 * 0.5) = 0.3
  const auto moments = free_field_moments(Geometry({2}), free);
  EXPECT_NEAR(moments.magnetisation, 0.3, 1e-12);
  EXPECT_NEAR(moments.magnetisation_squared, 0.09 + 1. / 2, 1e-12);
  EXPECT_NEAR(moments.phi2, 0.09 + (1 + 1. / 9) / 2, 1e-12);
  EXPECT_NEAR(moments.nearest_neighbour, 0.09 + (1 - 1. / 9) / 2, 1e-12);
}

TEST(FreeField, RefusesAnInteractingTheory) {
  EXPECT_THROW(free_propagator(Geometry({4}), {.mass2 = 1, .lambda = 0.1}), std::invalid_argument);
  EXPECT_THROW(free_propagator(Geometry({4}), {.mass2 = -1}), std::invalid_argument);
}

class FreeFieldOn : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Lattices, FreeFieldOn, testing::Values("2", "9", "6x5", "2x4", "4x3x5", "3x4x2x3"));

TEST_P(FreeFieldOn, ActionDensityObeysEquipartition) {
  // <S> = V/2 for the fluctuations plus the action of the mean
  const Geometry geometry = Geometry::parse(GetParam());
  const auto moments = free_field_moments(geometry, free);
  const std::vector<double> mean(geometry.volume(), moments.magnetisation);
  EXPECT_NEAR(moments.action_density,
              0.5 + action<double>(geometry, free, mean) / static_cast<double>(geometry.volume()), 1e-12);
}

TEST_P(FreeFieldOn, DrawsHaveTheExactMoments) {
  const Geometry geometry = Geometry::parse(GetParam());
  const auto exact = free_field_moments(geometry, free);
  IndependentMean magnetisation, magnetisation_squared, phi2, nearest_neighbour, action_density;
  std::vector<double> phi(geometry.volume());
  for (std::uint32_t sample = 0; sample < 20000; ++sample) {
    draw_free_field(geometry, free, {.seed = 12, .purpose = Purpose::free_field, .chain = sample}, phi);
    const auto moments = moments_of<double>(geometry, phi);
    magnetisation.add(moments.magnetisation);
    magnetisation_squared.add(moments.magnetisation * moments.magnetisation);
    phi2.add(moments.phi2);
    nearest_neighbour.add(moments.nearest_neighbour);
    action_density.add(action<double>(geometry, free, phi) / static_cast<double>(geometry.volume()));
  }
  EXPECT_LT(std::abs(magnetisation.z(exact.magnetisation)), 4);
  EXPECT_LT(std::abs(magnetisation_squared.z(exact.magnetisation_squared)), 4);
  EXPECT_LT(std::abs(phi2.z(exact.phi2)), 4);
  EXPECT_LT(std::abs(nearest_neighbour.z(exact.nearest_neighbour)), 4);
  EXPECT_LT(std::abs(action_density.z(exact.action_density)), 4);
}

} // namespace
} // namespace stint
