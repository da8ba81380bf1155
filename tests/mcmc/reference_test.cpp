// The reference trajectory itself: leapfrog's properties, and settings that make no sense.

#include "mcmc/reference.hpp"

#include "lattice/random.hpp"
#include "mcmc/metropolis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

const Phi4 theory{.mass2 = -1, .lambda = 0.8, .field = 0.3, .quadratic = 0.2};

struct Point {
  explicit Point(const Geometry& geometry) : phi(geometry.volume()), pi(geometry.volume()) {
    Stream{.seed = 21}.normals(phi);
    Stream{.seed = 22}.normals(pi);
  }
  double hamiltonian(const Geometry& geometry) const {
    return action<double>(geometry, theory, phi) + std::inner_product(pi.begin(), pi.end(), pi.begin(), 0.0) / 2;
  }
  std::vector<double> phi, pi;
};

class LeapfrogOn : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Lattices, LeapfrogOn, testing::Values("5", "4x3", "2x3x4", "3x2x2x5"));

TEST_P(LeapfrogOn, IsReversible) {
  const Geometry geometry = Geometry::parse(GetParam());
  const Point start(geometry);
  Point point = start;
  const HmcSettings settings{.step_size = 0.1, .steps = 10};
  reference_leapfrog(geometry, theory, settings, point.phi, point.pi);
  for (double& momentum : point.pi)
    momentum = -momentum;
  reference_leapfrog(geometry, theory, settings, point.phi, point.pi);
  for (std::size_t x = 0; x < point.phi.size(); ++x) {
    EXPECT_NEAR(point.phi[x], start.phi[x], 1e-12);
    EXPECT_NEAR(point.pi[x], -start.pi[x], 1e-12);
  }
}

TEST_P(LeapfrogOn, ViolatesEnergyAsTheStepSquared) {
  const Geometry geometry = Geometry::parse(GetParam());
  const auto delta_h = [&](int steps) {
    Point point(geometry);
    const double before = point.hamiltonian(geometry);
    reference_leapfrog(geometry, theory, {.step_size = 0.5 / steps, .steps = steps}, point.phi, point.pi);
    return point.hamiltonian(geometry) - before;
  };
  EXPECT_NEAR(delta_h(50) / delta_h(100), 4, 0.05);
  EXPECT_NEAR(delta_h(100) / delta_h(200), 4, 0.0125);
}

TEST(Leapfrog, PreservesPhaseSpaceVolume) {
  // The determinant of d(phi', pi') / d(phi, pi) by central differences.
  const Geometry geometry({3});
  constexpr int n = 6;
  const double step = 1e-5;
  double jacobian[n][n];
  for (int column = 0; column < n; ++column) {
    Point moved[2] = {Point(geometry), Point(geometry)};
    for (const int side : {0, 1}) {
      Point& point = moved[side];
      (column < 3 ? point.phi[column] : point.pi[column - 3]) += side == 0 ? -step : step;
      reference_leapfrog(geometry, theory, {.step_size = 0.15, .steps = 7}, point.phi, point.pi);
    }
    for (int row = 0; row < n; ++row) {
      const auto coordinate = [&](const Point& point) { return row < 3 ? point.phi[row] : point.pi[row - 3]; };
      jacobian[row][column] = (coordinate(moved[1]) - coordinate(moved[0])) / (2 * step);
    }
  }
  double determinant = 1;
  for (int pivot = 0; pivot < n; ++pivot) {
    determinant *= jacobian[pivot][pivot];
    for (int row = pivot + 1; row < n; ++row) {
      const double factor = jacobian[row][pivot] / jacobian[pivot][pivot];
      for (int column = pivot; column < n; ++column)
        jacobian[row][column] -= factor * jacobian[pivot][column];
    }
  }
  EXPECT_NEAR(determinant, 1, 1e-6);
}

TEST(HmcSettings, RefusesWhatMakesNoSense) {
  EXPECT_NO_THROW(HmcSettings{}.validate());
  for (const double step_size :
       {0., -0.1, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    EXPECT_THROW((HmcSettings{.step_size = step_size, .steps = 1}.validate()), std::invalid_argument) << step_size;
  for (const int steps : {0, -1})
    EXPECT_THROW((HmcSettings{.step_size = 0.1, .steps = steps}.validate()), std::invalid_argument) << steps;
}

TEST(Metropolis, AcceptsByTheEnergyDifference) {
  EXPECT_TRUE(metropolis_accepts(-1, 1));
  EXPECT_TRUE(metropolis_accepts(0, 1));
  EXPECT_TRUE(metropolis_accepts(1, 0.36));
  EXPECT_FALSE(metropolis_accepts(1, 0.37));
  for (const double infinite : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::quiet_NaN()})
    EXPECT_FALSE(metropolis_accepts(infinite, 1e-9));
}

} // namespace
} // namespace stint
