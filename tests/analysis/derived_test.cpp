#include "analysis/derived.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace stint {
namespace {

/// Means of no particular theory, all observables defined: V = 32, G(0) = 32 (0.5 - 0.04) = 14.72, G(p) = 8.
const Geometry lattice({4, 8});
constexpr PrimaryMeans means = {0.2, 0.6, 0.5, 0.4, 0.9, 1.7, 0.55, 2.3, 8};

TEST(DerivedObservables, ByHand) {
  const auto observables = derived_observables(lattice, means);
  const double sine = std::sin(std::numbers::pi / 8);
  const std::vector<std::pair<std::string, double>> expected = {
      {"magnetisation", 0.2},
      {"abs_magnetisation", 0.6},
      {"magnetisation_squared", 0.5},
      {"susceptibility", 14.72},
      {"susceptibility_abs", 32 * (0.5 - 0.36)},
      {"susceptibility_disconnected", 16},
      {"binder_cumulant", 1 - 0.4 / 0.75},
      {"phi2", 0.9},
      {"phi4", 1.7},
      {"nearest_neighbour", 0.55},
      {"action_density", 2.3},
      {"correlation_length", std::sqrt(14.72 / 8 - 1) / (2 * sine)},
  };
  ASSERT_EQ(observables.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(observables[i].name, expected[i].first);
    EXPECT_NEAR(observables[i].value, expected[i].second, 1e-13) << expected[i].first;
  }
}

TEST(DerivedObservables, GradientsAreFiniteDifferences) {
  const auto observables = derived_observables(lattice, means);
  constexpr double step = 1e-5;
  for (int k = 0; k < primary_count; ++k) {
    PrimaryMeans above = means, below = means;
    above[k] += step;
    below[k] -= step;
    const auto up = derived_observables(lattice, above), down = derived_observables(lattice, below);
    for (std::size_t i = 0; i < observables.size(); ++i)
      EXPECT_NEAR(observables[i].gradient[k], (up[i].value - down[i].value) / (2 * step), 1e-7)
          << observables[i].name << " by primary " << k;
  }
}

TEST(DerivedObservables, LeaveOutWhatIsUndefined) {
  const auto has = [](const PrimaryMeans& at, const std::string& name) {
    for (const auto& observable : derived_observables(lattice, at))
      if (observable.name == name)
        return true;
    return false;
  };
  PrimaryMeans rough = means;
  rough[lowest_mode] = 15;
  EXPECT_FALSE(has(rough, "correlation_length"));
  EXPECT_TRUE(has(rough, "binder_cumulant"));
  EXPECT_FALSE(has(PrimaryMeans{}, "binder_cumulant"));
  EXPECT_FALSE(has(PrimaryMeans{}, "correlation_length"));
  EXPECT_TRUE(has(PrimaryMeans{}, "susceptibility"));
}

} // namespace
} // namespace stint
