#include "analysis/response.hpp"

#include "synthetic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

/// The zero mode of the free field: <M> = h chi, variance chi/V, AR(1) in 20 chains.
Measurements zero_mode(double field, double chi, std::uint32_t number) {
  const Geometry geometry({4, 4});
  const auto noise = testing::ar1(0.6, 20, 500, number);
  Measurements measurements{geometry, {}, {}, std::vector<double>(noise.size() * primary_count)};
  for (std::size_t i = 0; i < noise.size(); ++i) {
    measurements.chain.push_back(static_cast<std::int64_t>(i) / 500);
    measurements.trajectory.push_back(static_cast<std::int64_t>(i) % 500);
    measurements.values[i * primary_count + primary::magnetisation] = field * chi + std::sqrt(chi / 16) * noise[i];
  }
  return measurements;
}

TEST(Response, OfTheFreeFieldIsItsSusceptibility) {
  double squares = 0;
  constexpr int pairs = 100;
  for (std::uint32_t i = 0; i < pairs; ++i) {
    const auto found = response(zero_mode(0.1, 2, 2 * i), 0.1, zero_mode(0.3, 2, 2 * i + 1), 0.3);
    EXPECT_LT(std::abs(found.quotient.value - 2), 4.5 * found.quotient.error);
    EXPECT_LT(std::abs(found.susceptibility.value - 2), 4.5 * found.susceptibility.error);
    squares += found.z * found.z;
  }
  EXPECT_NEAR(squares / pairs, 1, 4 * std::sqrt(2.0 / pairs));
}

TEST(Response, SeesAMagnetisationThatDoesNotFollow) {
  EXPECT_LT(response(zero_mode(0.1, 2, 1000), 0.1, zero_mode(0.3, 2, 1001), 0.5).z, -4);
}

TEST(Response, RefusesOneField) {
  const auto ensemble = zero_mode(0, 1, 1002);
  EXPECT_THROW(response(ensemble, 0.1, ensemble, 0.1), std::invalid_argument);
}

} // namespace
} // namespace stint
