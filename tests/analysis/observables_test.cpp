#include "analysis/observables.hpp"

#include "lattice/action.hpp"
#include "lattice/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <string_view>

namespace stint {
namespace {

/// Means of no particular theory, all observables defined: V = 32, G(0) = 32 (0.5 - 0.04) = 14.72, G(p) = 8.
const Geometry lattice({4, 8});
constexpr PrimaryMeans means = {0.2, 0.6, 0.5, 0.4, 0.9, 1.7, 0.55, 2.3, 8};

TEST(Observables, ByHand) {
  const auto values = evaluate_observables(lattice, means);
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
  ASSERT_EQ(values.size(), expected.size());
  ASSERT_EQ(observables().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(observables()[i].name, expected[i].first);
    EXPECT_NEAR(values[i].value, expected[i].second, 1e-13) << expected[i].first;
  }
}

TEST(Observables, GradientsAreFiniteDifferences) {
  const auto values = evaluate_observables(lattice, means);
  constexpr double step = 1e-5;
  for (int k = 0; k < primary_count; ++k) {
    PrimaryMeans above = means, below = means;
    above[k] += step;
    below[k] -= step;
    const auto up = evaluate_observables(lattice, above), down = evaluate_observables(lattice, below);
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(values[i].gradient[k], (up[i].value - down[i].value) / (2 * step), 1e-7)
          << observables()[i].name << " by primary " << k;
  }
}

TEST(Observables, AreNaNWhereTheyAreUndefined) {
  const auto defined = [](const PrimaryMeans& at, std::string_view name) {
    const auto row = std::ranges::find(observables(), name, &Observable::name) - observables().begin();
    const auto value = evaluate_observables(lattice, at).at(row);
    if (std::isnan(value.value)) {
      EXPECT_EQ(value.gradient, PrimaryMeans{});
    }
    return !std::isnan(value.value);
  };
  PrimaryMeans rough = means;
  rough[primary::lowest_mode] = 15;
  EXPECT_FALSE(defined(rough, "correlation_length"));
  EXPECT_TRUE(defined(rough, "binder_cumulant"));
  EXPECT_FALSE(defined(PrimaryMeans{}, "binder_cumulant"));
  EXPECT_FALSE(defined(PrimaryMeans{}, "correlation_length"));
  EXPECT_TRUE(defined(PrimaryMeans{}, "susceptibility"));
}

/// Each row has all that JSON, report and figures print of it.
TEST(Observables, RowsAreWhole) {
  std::set<std::string_view> names;
  for (const auto& row : observables()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_NE(std::string_view(row.meaning), "") << row.name;
    EXPECT_TRUE(std::string_view(row.label).starts_with('$')) << row.name;
  }
}

} // namespace
} // namespace stint
