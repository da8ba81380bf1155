#include "lattice/phi4.hpp"

#include "lattice/action.hpp"
#include "lattice/random.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

const Phi4 full{.mass2 = -1.3, .lambda = 0.8, .field = 0.3, .quadratic = 0.2};

std::vector<double> some_field(const Geometry& geometry) {
  std::vector<double> phi(geometry.volume());
  Stream{.seed = 11}.normals(phi);
  return phi;
}

TEST(Phi4, ActionByHand) {
  // V = 2, d = 1, phi = (1, 2): every bond counts twice, (2 + m2 - k2)(1 + 4) + lambda (1 + 16) - 2 (2 + 2) - 3 h
  const std::vector<double> phi = {1, 2};
  EXPECT_NEAR(action<double>(Geometry({2}), full, phi), 0.5 * 5 + 0.8 * 17 - 8 - 0.9, 1e-12);
}

TEST(Phi4, ForceByHand) {
  const std::vector<double> phi = {1, 2};
  std::vector<double> forces(2);
  force<double>(Geometry({2}), full, phi, forces);
  EXPECT_NEAR(forces[0], -2 * 0.5 * 1 - 4 * 0.8 * 1 + 2 * 4 + 0.3, 1e-12);
  EXPECT_NEAR(forces[1], -2 * 0.5 * 2 - 4 * 0.8 * 8 + 2 * 2 + 0.3, 1e-12);
}

class Phi4On : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Lattices, Phi4On, testing::Values("2", "7", "5x4", "2x2", "3x2x4", "3x2x4x5"));

TEST_P(Phi4On, ForceIsMinusTheGradientOfTheAction) {
  const Geometry geometry = Geometry::parse(GetParam());
  std::vector<double> phi = some_field(geometry), forces(phi.size());
  force<double>(geometry, full, phi, forces);
  const double step = 1e-4;
  for (std::size_t x = 0; x < phi.size(); ++x) {
    const double here = phi[x];
    const auto shifted_action = [&](double shift) {
      phi[x] = here + shift;
      return action<double>(geometry, full, phi);
    };
    const double slope = (shifted_action(step) - shifted_action(-step)) / (2 * step);
    phi[x] = here;
    // truncation is step^2 / 6 times the third derivative 24 lambda phi
    EXPECT_NEAR(forces[x], -slope, 4 * step * step * full.lambda * std::abs(here) + 1e-8);
  }
}

TEST_P(Phi4On, ActionKnowsNoOriginAndNoHandedness) {
  const Geometry geometry = Geometry::parse(GetParam());
  const std::vector<double> phi = some_field(geometry);
  const double expected = action<double>(geometry, full, phi);
  for (int mu = 0; mu < geometry.dimensions(); ++mu) {
    std::vector<double> moved(phi.size()), mirrored(phi.size());
    for (std::int64_t x = 0; x < geometry.volume(); ++x) {
      moved[geometry.neighbour(x, mu, +1)] = phi[x];
      std::int64_t image = x; // the coordinate c becomes L - c: move back 2c sites
      for (std::int64_t y = x; geometry.neighbour(y, mu, -1) < y; y = geometry.neighbour(y, mu, -1))
        image = geometry.neighbour(geometry.neighbour(image, mu, -1), mu, -1);
      mirrored[image] = phi[x];
    }
    EXPECT_NEAR(action<double>(geometry, full, moved), expected, 1e-10);
    EXPECT_NEAR(action<double>(geometry, full, mirrored), expected, 1e-10);
  }
}

TEST_P(Phi4On, FieldBreaksTheSymmetryOfSign) {
  const Geometry geometry = Geometry::parse(GetParam());
  std::vector<double> phi = some_field(geometry);
  const double before = action<double>(geometry, full, phi);
  double sum = 0;
  for (double& value : phi) {
    sum += value;
    value = -value;
  }
  EXPECT_NEAR(action<double>(geometry, full, phi) - before, 2 * full.field * sum, 1e-10);
}

TEST_P(Phi4On, SinglePrecisionAgreesWithDouble) {
  const Geometry geometry = Geometry::parse(GetParam());
  const std::vector<double> phi = some_field(geometry);
  const std::vector<float> single(phi.begin(), phi.end());
  std::vector<double> forces(phi.size());
  std::vector<float> single_forces(phi.size());
  force<double>(geometry, full, phi, forces);
  force<float>(geometry, full, single, single_forces);
  for (std::size_t x = 0; x < phi.size(); ++x)
    EXPECT_NEAR(single_forces[x], forces[x], 1e-5 * (1 + std::abs(forces[x])));
  EXPECT_NEAR(action<float>(geometry, full, single), action<double>(geometry, full, phi), 1e-5 * geometry.volume());
}

TEST(Phi4, RefusesWhatCannotBeNormalised) {
  EXPECT_NO_THROW(full.validate());
  EXPECT_NO_THROW((Phi4{.mass2 = 0.5}.validate()));
  EXPECT_THROW((Phi4{.mass2 = 1, .lambda = -0.1}.validate()), std::invalid_argument);
  EXPECT_THROW((Phi4{.mass2 = 0}.validate()), std::invalid_argument);
  EXPECT_THROW((Phi4{.mass2 = 1, .quadratic = 1}.validate()), std::invalid_argument);
  EXPECT_THROW((Phi4{.mass2 = std::numeric_limits<double>::quiet_NaN()}.validate()), std::invalid_argument);
  EXPECT_THROW((Phi4{.mass2 = 1, .field = std::numeric_limits<double>::infinity()}.validate()), std::invalid_argument);
}

} // namespace
} // namespace stint
