#include "analysis/correlators.hpp"

#include "lattice/free_field.hpp"
#include "lattice/phi4.hpp"
#include "lattice/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <stdexcept>

namespace stint {
namespace {

/// |phi(p)|^2/V at k_mu periods along each direction, from the definition.
double power(const Geometry& geometry, const std::vector<double>& phi, const std::vector<int>& k) {
  std::complex<double> mode = 0;
  for (std::int64_t x = 0; x < geometry.volume(); ++x) {
    std::int64_t rest = x;
    double phase = 0;
    for (int mu = geometry.dimensions() - 1; mu >= 0; --mu) {
      const int extent = geometry.extents()[mu];
      phase += 2 * std::numbers::pi * k[mu] * static_cast<double>(rest % extent) / extent;
      rest /= extent;
    }
    mode += phi[x] * std::polar(1.0, phase);
  }
  return std::norm(mode) / static_cast<double>(geometry.volume());
}

std::vector<double> measured(const Geometry& geometry, const std::vector<double>& phi) {
  std::vector<double> values(CorrelatorColumns(geometry).count());
  CorrelatorMeasurer(geometry).measure<double>(phi, values);
  return values;
}

TEST(MeasureCorrelators, AreTheDefinition) {
  const Geometry geometry({4, 3, 4});
  std::vector<double> phi(geometry.volume());
  Stream{.seed = 3}.normals(phi);
  const auto values = measured(geometry, phi);
  ASSERT_EQ(values.size(), 3 + 2 + 1); // k = 0, 1, 2 along the extents of 4; k = 0, 1 on the diagonal
  for (int k = 0; k <= 2; ++k)
    EXPECT_NEAR(values[k], (power(geometry, phi, {k, 0, 0}) + power(geometry, phi, {0, 0, k})) / 2, 1e-12);
  EXPECT_NEAR(values[3], power(geometry, phi, {0, 0, 0}), 1e-12);
  EXPECT_NEAR(values[4],
              (power(geometry, phi, {1, 1, 1}) + power(geometry, phi, {1, -1, 1}) + power(geometry, phi, {-1, 1, 1}) +
               power(geometry, phi, {1, 1, -1})) /
                  4,
              1e-12);
  double sum = 0;
  for (const double value : phi)
    sum += value;
  EXPECT_NEAR(values[5], sum / 48, 1e-14);
}

TEST(MeasureCorrelators, RefuseSizesThatDoNotFit) {
  std::vector<double> values(5);
  EXPECT_THROW(CorrelatorMeasurer(Geometry({4, 4})).measure<double>(std::vector<double>(16), values),
               std::invalid_argument);
  EXPECT_THROW(CorrelatorMeasurer(Geometry({4, 4})).measure<double>(std::vector<double>(17), values),
               std::invalid_argument);
}

/// Block means of independent configurations of the free field, ten to a block.
BlockMeans free_field_blocks(const Geometry& geometry, const Phi4& theory, int n) {
  const CorrelatorColumns columns(geometry);
  BlockMeans blocks{std::vector<std::int64_t>(n / 10, 10), std::vector<double>(n / 10 * columns.count())};
  std::vector<double> phi(geometry.volume());
  for (int i = 0; i < n; ++i) {
    draw_free_field(geometry, theory, Stream{21, Purpose::free_field, static_cast<std::uint32_t>(i), 0},
                    std::span(phi));
    const auto values = measured(geometry, phi);
    for (std::size_t c = 0; c < values.size(); ++c)
      blocks.values[i / 10 * columns.count() + c] += values[c] / 10;
  }
  return blocks;
}

/// In a field, so that a correlator that were not connected would be wrong by V <M>^2 = V h^2/(4 m^4).
TEST(Correlators, FreeField) {
  const Geometry geometry({6, 8});
  const Phi4 theory{.mass2 = 0.4, .field = 0.3};
  const auto found = correlators(geometry, free_field_blocks(geometry, theory, 4000));
  const auto expect = [](const ValueError& found_value, double exact, const std::string& what) {
    EXPECT_GT(found_value.error, 0) << what;
    EXPECT_LT(std::abs(found_value.value - exact), 4 * found_value.error) << what << " " << found_value.value;
  };
  for (std::size_t k = 0; k < found.axis.size(); ++k) {
    EXPECT_NEAR(found.axis_p2[k], 2 - 2 * std::cos(std::numbers::pi * k / 4), 1e-14);
    expect(found.axis[k], 1 / (2 * (0.4 + found.axis_p2[k])), "axis " + std::to_string(k));
  }
  for (std::size_t k = 0; k < found.diagonal.size(); ++k) {
    EXPECT_NEAR(found.diagonal_p2[k],
                4 - 2 * std::cos(std::numbers::pi * k / 4) - 2 * std::cos(std::numbers::pi * k / 3), 1e-14);
    expect(found.diagonal[k], 1 / (2 * (0.4 + found.diagonal_p2[k])), "diagonal " + std::to_string(k));
  }
  const double mass = std::acosh(1 + 0.4 / 2); // C(t) = cosh(mass (t - 4)) / (4 sinh(mass) sinh(4 mass))
  for (std::size_t t = 0; t < found.time.size(); ++t)
    expect(found.time[t], std::cosh(mass * (static_cast<double>(t) - 4)) / (4 * std::sinh(mass) * std::sinh(4 * mass)),
           "t " + std::to_string(t));
  for (std::size_t t = 0; t < 2; ++t)
    expect(found.effective_mass[t], mass, "effective mass " + std::to_string(t + 1));
  expect(found.plateau.mass, mass, "mass");
  expect(found.plateau.length, 1 / mass, "length");
  EXPECT_EQ(found.plateau.first, 1); // one state: the plateau starts at once
}

/// Means of exactly two states, with tiny fluctuations of the lighter one's strength: the plateau leaves the heavier
/// out.
TEST(Correlators, ThePlateauStartsWhereTheHeavierStateIsGone) {
  const Geometry geometry({32});
  const CorrelatorColumns columns(geometry);
  const double light = 0.3, heavy = 2.0;
  BlockMeans blocks{std::vector<std::int64_t>(40, 1), {}};
  std::vector<double> noise(40 * 17);
  Stream{.seed = 8}.normals(noise);
  for (int j = 0; j < 40; ++j) {
    for (int k = 0; k < columns.axis; ++k) {
      const double p2 = 2 - 2 * std::cos(2 * std::numbers::pi * k / 32);
      blocks.values.push_back((1 + 1e-3 * noise[j * 17 + k]) *
                              (1 / (2 * std::cosh(light) - 2 + p2) + 1 / (2 * std::cosh(heavy) - 2 + p2)));
    }
    blocks.values.insert(blocks.values.end(), columns.diagonal + 1, 0.0);
  }
  const auto plateau = correlators(geometry, blocks).plateau;
  EXPECT_GE(plateau.first, 3);
  EXPECT_LT(std::abs(plateau.mass.value - light), 4 * plateau.mass.error) << plateau.mass.value << " " << plateau.first;
}

} // namespace
} // namespace stint
