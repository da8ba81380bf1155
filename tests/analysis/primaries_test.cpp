#include "analysis/primaries.hpp"

#include "lattice/action.hpp"
#include "lattice/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

namespace stint {
namespace {

using Values = std::array<double, primary_count>;

template<class Real> Values measure_one(const Geometry& geometry, const Phi4& theory, const std::vector<Real>& phi) {
  Values values{};
  measure<Real>(geometry, theory, phi, values);
  return values;
}

/// The definitions, site by site.
Values reference(const Geometry& geometry, const Phi4& theory, const std::vector<double>& phi) {
  const auto volume = static_cast<double>(geometry.volume());
  const int d = geometry.dimensions();
  double sum = 0, squares = 0, fourths = 0, hopping = 0;
  for (std::int64_t x = 0; x < geometry.volume(); ++x) {
    sum += phi[x];
    squares += std::pow(phi[x], 2);
    fourths += std::pow(phi[x], 4);
    for (int mu = 0; mu < d; ++mu)
      hopping += phi[x] * phi[geometry.neighbour(x, mu, +1)];
  }
  int longest = 0, directions = 0;
  for (const int extent : geometry.extents())
    longest = std::max(longest, extent);
  double power = 0;
  std::int64_t stride = geometry.volume();
  for (const int extent : geometry.extents()) {
    stride /= extent;
    if (extent != longest)
      continue;
    ++directions;
    std::complex<double> mode = 0;
    for (std::int64_t x = 0; x < geometry.volume(); ++x)
      mode += phi[x] * std::polar(1.0, 2 * std::numbers::pi * (x / stride % extent) / extent);
    power += std::norm(mode);
  }
  const double m = sum / volume;
  return {m,
          std::abs(m),
          m * m,
          m * m * m * m,
          squares / volume,
          fourths / volume,
          hopping / (d * volume),
          action<double>(geometry, theory, phi) / volume,
          power / (directions * volume)};
}

TEST(Measure, OneDimensionByHand) {
  // phi = (1, 2, 0, -1): M = 1/2; hopping 1*2 + 2*0 + 0*(-1) + (-1)*1 = 1; mode 1 + 2i - 0 + (-1)(-i) = 1 + 3i.
  const Phi4 theory{.mass2 = 0.5, .lambda = 2, .field = 0.25, .quadratic = 0.5};
  const Values values = measure_one<double>(Geometry({4}), theory, {1, 2, 0, -1});
  EXPECT_DOUBLE_EQ(values[primary::magnetisation], 0.5);
  EXPECT_DOUBLE_EQ(values[primary::abs_magnetisation], 0.5);
  EXPECT_DOUBLE_EQ(values[primary::magnetisation2], 0.25);
  EXPECT_DOUBLE_EQ(values[primary::magnetisation4], 0.0625);
  EXPECT_DOUBLE_EQ(values[primary::phi2], 6.0 / 4);
  EXPECT_DOUBLE_EQ(values[primary::phi4], 18.0 / 4);
  EXPECT_DOUBLE_EQ(values[primary::nearest_neighbour], 1.0 / 4);
  EXPECT_DOUBLE_EQ(values[primary::action_density], 2 * 1.5 + 2 * 4.5 - 2 * 0.25 - 0.25 * 0.5);
  EXPECT_NEAR(values[primary::lowest_mode], 10.0 / 4, 1e-14);
}

TEST(Measure, TwoDimensionsByHand) {
  // Rows (1, 2) and (3, -5). Both neighbours of a site coincide at L = 2: hopping 2 (2 - 15) + 2 (3 - 10) = -40.
  // Modes at p = pi: along rows (1 + 2) - (3 - 5) = 5, along columns (1 + 3) - (2 - 5) = 7.
  const Values values = measure_one<double>(Geometry({2, 2}), Phi4{.mass2 = 1, .field = 1}, {1, 2, 3, -5});
  EXPECT_DOUBLE_EQ(values[primary::magnetisation], 0.25);
  EXPECT_DOUBLE_EQ(values[primary::phi2], 39.0 / 4);
  EXPECT_DOUBLE_EQ(values[primary::phi4], (1 + 16 + 81 + 625) / 4.0);
  EXPECT_DOUBLE_EQ(values[primary::nearest_neighbour], -40.0 / 8);
  EXPECT_DOUBLE_EQ(values[primary::action_density], 5 * 39.0 / 4 + 2 * 40.0 / 4 - 0.25);
  EXPECT_NEAR(values[primary::lowest_mode], (25 + 49) / 2.0 / 4, 1e-13);
}

TEST(Measure, LowestModeTakesTheLongestDirectionOnly) {
  // 2 x 4, both rows (1, 2, 0, -1): along the long direction 2 (1 + 3i), nothing along the short one.
  const Values values = measure_one<double>(Geometry({2, 4}), Phi4{}, {1, 2, 0, -1, 1, 2, 0, -1});
  EXPECT_NEAR(values[primary::lowest_mode], 40.0 / 8, 1e-13);
  const Values turned = measure_one<double>(Geometry({4, 2}), Phi4{}, {1, 1, 2, 2, 0, 0, -1, -1});
  EXPECT_NEAR(turned[primary::lowest_mode], 40.0 / 8, 1e-13);
}

TEST(Measure, ConstantFieldInFourDimensions) {
  const Geometry geometry({2, 3, 2, 4});
  const Values values = measure_one<float>(geometry, Phi4{.mass2 = 2, .lambda = 1}, std::vector<float>(48, -0.5F));
  EXPECT_DOUBLE_EQ(values[primary::magnetisation], -0.5);
  EXPECT_DOUBLE_EQ(values[primary::abs_magnetisation], 0.5);
  EXPECT_DOUBLE_EQ(values[primary::nearest_neighbour], 0.25);
  EXPECT_DOUBLE_EQ(values[primary::action_density], 2 * 0.25 + 0.0625); // the hopping cancels 2d phi^2
  EXPECT_NEAR(values[primary::lowest_mode], 0, 1e-28);
}

TEST(Measure, AgreesWithTheDefinitionsInAnyDimension) {
  const Phi4 theory{.mass2 = -0.7, .lambda = 0.9, .field = 0.3, .quadratic = -0.2};
  for (const char* lattice :
       {"2", "7", "33", "5x6", "6x6", "32x31", "3x4x5", "4x2x4", "3x2x4x5", "2x2x2x2", "5x3x5x4"}) {
    const Geometry geometry = Geometry::parse(lattice);
    constexpr int n = 3;
    std::vector<double> phi(n * geometry.volume()), values(n * primary_count);
    Stream{.seed = 1}.normals(phi);
    const std::vector<float> single(phi.begin(), phi.end());
    std::vector<double> single_values(values.size());
    measure<double>(geometry, theory, phi, values);
    measure<float>(geometry, theory, single, single_values);
    for (int i = 0; i < n; ++i) {
      const auto first = phi.begin() + i * geometry.volume();
      const Values expected = reference(geometry, theory, {first, first + geometry.volume()});
      const auto first_single = single.begin() + i * geometry.volume();
      const Values expected_single = reference(geometry, theory, {first_single, first_single + geometry.volume()});
      for (int k = 0; k < primary_count; ++k) {
        const double tolerance = 1e-12 * (1 + std::abs(expected[k]));
        EXPECT_NEAR(values[i * primary_count + k], expected[k], tolerance) << lattice << " primary " << k;
        EXPECT_NEAR(single_values[i * primary_count + k], expected_single[k], tolerance) << lattice << " primary " << k;
      }
    }
  }
}

TEST(Measure, RefusesSizesThatDoNotFit) {
  const Geometry geometry({4, 4});
  const std::vector<float> phi(32);
  std::vector<double> values(primary_count);
  EXPECT_THROW(measure<float>(geometry, Phi4{}, phi, values), std::invalid_argument);
  EXPECT_THROW(measure<float>(geometry, Phi4{}, std::span(phi).first(17), values), std::invalid_argument);
}

} // namespace
} // namespace stint
