// The reference trajectory itself: properties of the integrators, and settings that make no sense.

#include "mcmc/reference.hpp"

#include "lattice/random.hpp"
#include "mcmc/integrator.hpp"
#include "mcmc/metropolis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

namespace stint {
namespace {

const Phi4 theory{.mass2 = -1, .lambda = 0.8, .field = 0.3, .quadratic = 0.2};

struct Point {
  explicit Point(const Geometry& geometry) : phi(geometry.volume()), pi(geometry.volume()) {
    Stream{.seed = 21}.normals(phi);
    Stream{.seed = 22}.normals(pi);
  }
  std::vector<double> phi, pi;
};

/// A trajectory with one integrator, with or without Fourier acceleration.
class DynamicsOn : public testing::TestWithParam<std::tuple<const char*, Integrator, double>> {
protected:
  Geometry geometry = Geometry::parse(std::get<0>(GetParam()));

  HmcSettings settings(double step_size, int steps) const {
    HmcSettings hmc{.step_size = step_size, .steps = steps, .integrator = std::get<1>(GetParam())};
    if (std::get<2>(GetParam()) > 0)
      hmc.fourier_mass2 = std::get<2>(GetParam());
    return hmc;
  }
  void move(const HmcSettings& hmc, Point& point) const {
    reference_dynamics(geometry, theory, hmc, point.phi, point.pi);
  }
  double hamiltonian(const HmcSettings& hmc, const Point& point) const {
    return reference_hamiltonian(geometry, theory, hmc, point.phi, point.pi);
  }
};
INSTANTIATE_TEST_SUITE_P(Lattices, DynamicsOn,
                         testing::Combine(testing::Values("5", "4x3", "2x3x4", "3x2x2x5"),
                                          testing::Values(Integrator::leapfrog, Integrator::omelyan,
                                                          Integrator::omelyan4),
                                          testing::Values(0.0, 1.5)));

TEST_P(DynamicsOn, IsReversible) {
  const Point start(geometry);
  Point point = start;
  const HmcSettings hmc = settings(0.1, 10);
  move(hmc, point);
  for (double& momentum : point.pi)
    momentum = -momentum;
  move(hmc, point);
  for (std::size_t x = 0; x < point.phi.size(); ++x) {
    EXPECT_NEAR(point.phi[x], start.phi[x], 1e-12);
    EXPECT_NEAR(point.pi[x], -start.pi[x], 1e-12);
  }
}

TEST_P(DynamicsOn, ViolatesEnergyAsThePowerOfTheStepThatIsItsOrder) {
  const int order = std::get<1>(GetParam()) == Integrator::omelyan4 ? 4 : 2;
  const auto delta_h = [&](int steps) {
    Point point(geometry);
    const HmcSettings hmc = settings(0.5 / steps, steps);
    const double before = hamiltonian(hmc, point);
    move(hmc, point);
    return hamiltonian(hmc, point) - before;
  };
  // The next term of the series is smaller by a power of the step squared.
  const int steps = order == 4 ? 16 : 50;
  const double ratio = std::pow(2, order), coarse = delta_h(steps), middle = delta_h(2 * steps),
               fine = delta_h(4 * steps);
  EXPECT_NEAR(coarse / middle, ratio, 0.1 * ratio);
  EXPECT_NEAR(middle / fine, ratio, 0.025 * ratio);
}

TEST_P(DynamicsOn, SolvesHamiltonsEquations) {
  // Schemes and step sizes differ, the solution does not: fine steps of leapfrog with the force and metric in their
  // simplest use.
  Point exact(geometry), point(geometry);
  HmcSettings fine = settings(0.4 / 1600, 1600);
  fine.integrator = Integrator::leapfrog;
  move(fine, exact);
  const HmcSettings hmc = settings(0.4 / 160, 160);
  move(hmc, point);
  for (std::size_t x = 0; x < point.phi.size(); ++x)
    EXPECT_NEAR(point.phi[x], exact.phi[x], 2e-3);
}

class Dynamics : public testing::TestWithParam<std::pair<Integrator, std::optional<double>>> {};
INSTANTIATE_TEST_SUITE_P(Integrators, Dynamics,
                         testing::Values(std::pair{Integrator::leapfrog, std::nullopt},
                                         std::pair{Integrator::omelyan, std::nullopt},
                                         std::pair{Integrator::omelyan4, std::nullopt},
                                         std::pair{Integrator::leapfrog, std::optional(0.8)}));

TEST_P(Dynamics, PreservesPhaseSpaceVolume) {
  // The determinant of d(phi', pi') / d(phi, pi) by central differences.
  const Geometry geometry({3});
  const auto [integrator, fourier_mass2] = GetParam();
  const HmcSettings hmc{.step_size = 0.15, .steps = 7, .integrator = integrator, .fourier_mass2 = fourier_mass2};
  constexpr int n = 6;
  const double step = 1e-5;
  double jacobian[n][n];
  for (int column = 0; column < n; ++column) {
    Point moved[2] = {Point(geometry), Point(geometry)};
    for (const int side : {0, 1}) {
      Point& point = moved[side];
      (column < 3 ? point.phi[column] : point.pi[column - 3]) += side == 0 ? -step : step;
      reference_dynamics(geometry, theory, hmc, point.phi, point.pi);
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

TEST(FourierAcceleration, GivesAllModesOfItsFreeFieldOnePeriod) {
  const double mass2 = 0.3;
  const Geometry geometry({4, 3});
  const Phi4 free{.mass2 = mass2};
  // The stiffest mode, (pi, 2 pi / 3), has K = 1 and thus the frequency that it has without acceleration.
  const double frequency = std::sqrt(2 * (mass2 + 4 + 3));
  const int steps = 100;
  const HmcSettings hmc{.step_size = 2 * std::numbers::pi / frequency / steps,
                        .steps = steps,
                        .integrator = Integrator::omelyan4,
                        .fourier_mass2 = mass2};
  const Point start(geometry);
  Point point = start;
  reference_dynamics(geometry, free, hmc, point.phi, point.pi);
  for (std::size_t x = 0; x < point.phi.size(); ++x) {
    EXPECT_NEAR(point.phi[x], start.phi[x], 1e-6);
    EXPECT_NEAR(point.pi[x], start.pi[x], 1e-6);
  }
}

TEST(TrajectoryStages, LastTheTrajectoryAndReadTheSameBackwards) {
  for (const Integrator integrator : {Integrator::leapfrog, Integrator::omelyan, Integrator::omelyan4}) {
    const int steps = 3;
    const auto stages = trajectory_stages(integrator, 0.2, steps);
    const std::size_t last = stages.size() - 1;
    ASSERT_EQ(last, steps * force_evaluations(integrator));
    double kicks = 0, drifts = 0;
    for (std::size_t i = 0; i <= last; ++i) {
      kicks += stages[i].kick;
      drifts += stages[i].drift;
      EXPECT_NEAR(stages[i].kick, stages[last - i].kick, 1e-15);
      if (i < last) {
        EXPECT_NEAR(stages[i].drift, stages[last - 1 - i].drift, 1e-15);
      }
    }
    EXPECT_NEAR(kicks, 0.6, 1e-15);
    EXPECT_NEAR(drifts, 0.6, 1e-15);
    EXPECT_EQ(stages[last].drift, 0);
  }
}

TEST(Jitter, SpreadsTheStepSizeEvenly) {
  const HmcSettings hmc{.step_size = 0.2, .jitter = 0.25};
  double sum = 0, squares = 0;
  const int trajectories = 10000;
  for (int i = 0; i < trajectories; ++i) {
    const double step = step_size_of(hmc, 5, i);
    ASSERT_GT(step, 0.15);
    ASSERT_LE(step, 0.25);
    sum += step;
    squares += step * step;
  }
  const double mean = sum / trajectories, variance = squares / trajectories - mean * mean;
  const double width = 0.1 / std::sqrt(12);                                      // of the uniform law
  EXPECT_LT(std::abs(mean - 0.2) / width * std::sqrt(trajectories), 4);          // in errors
  EXPECT_NEAR(variance / (width * width), 1, 4 * std::sqrt(0.8 / trajectories)); // whose kurtosis is 1.8
  EXPECT_EQ(step_size_of({.step_size = 0.2}, 5, 7), 0.2);
}

TEST(Integrators, HaveNames) {
  EXPECT_EQ(parse_integrator("leapfrog"), Integrator::leapfrog);
  EXPECT_EQ(parse_integrator("omelyan"), Integrator::omelyan);
  EXPECT_EQ(parse_integrator("omelyan4"), Integrator::omelyan4);
  EXPECT_THROW(parse_integrator("Leapfrog"), std::invalid_argument);
  EXPECT_THROW(parse_integrator(""), std::invalid_argument);
}

TEST(HmcSettings, RefusesWhatMakesNoSense) {
  EXPECT_NO_THROW(HmcSettings{}.validate());
  for (const double step_size :
       {0., -0.1, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    EXPECT_THROW((HmcSettings{.step_size = step_size, .steps = 1}.validate()), std::invalid_argument) << step_size;
  for (const int steps : {0, -1})
    EXPECT_THROW((HmcSettings{.step_size = 0.1, .steps = steps}.validate()), std::invalid_argument) << steps;
  EXPECT_NO_THROW(HmcSettings{.jitter = 0.99}.validate());
  for (const double jitter : {-0.1, 1., std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(HmcSettings{.jitter = jitter}.validate(), std::invalid_argument) << jitter;
  EXPECT_NO_THROW(HmcSettings{.fourier_mass2 = 0.1}.validate());
  for (const double mass2 : {0., -1., std::numeric_limits<double>::infinity()})
    EXPECT_THROW(HmcSettings{.fourier_mass2 = mass2}.validate(), std::invalid_argument) << mass2;
  EXPECT_THROW(UpdateSettings{.cluster_sweeps = -1}.validate(), std::invalid_argument);
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
