#include "src/program/numbers.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace stint {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(WithError, ShowsTheErrorOfTheLastDigits) {
  EXPECT_EQ(with_error(0.13527841, 0.00092), "0.1353(9)");
  EXPECT_EQ(with_error(0.13527841, 0.00013), "0.13528(13)");
  EXPECT_EQ(with_error(0.13527841, 0.000354), "0.13528(35)");
  EXPECT_EQ(with_error(0.13527841, 0.000356), "0.1353(4)");
  EXPECT_EQ(with_error(0.13527841, 0.00096), "0.1353(10)");
  EXPECT_EQ(with_error(-0.0025572709, 0.0016), "-0.0026(16)");
  EXPECT_EQ(with_error(51.4712, 1.234), "51.5(1.2)");
  EXPECT_EQ(with_error(51.4712, 4.1), "51(4)");
  EXPECT_EQ(with_error(51.4712, 13), "51(13)");
  EXPECT_EQ(with_error(12345, 678), "12300(700)");
}

TEST(WithError, LargeAndSmallNumbersHaveAnExponent) {
  EXPECT_EQ(with_error(1.3527e-9, 2e-11), "1.353(20)e-9");
  EXPECT_EQ(with_error(-4.2e12, 5e10), "-4.20(5)e12");
  EXPECT_EQ(with_error(0, 3e-8), "0.0(3.0)e-8");
}

TEST(WithError, WhereThereIsNoError) {
  EXPECT_EQ(with_error(0.5, 0), "0.5");
  EXPECT_EQ(with_error(0.25, 1e-17), "0.25"); // rounding
  EXPECT_EQ(with_error(0.9989943, nan), "0.998994");
  EXPECT_EQ(with_error(nan, nan), "-");
}

} // namespace
} // namespace stint
