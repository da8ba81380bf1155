#include "src/program/progress.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace stint {
namespace {

TEST(Progress, DurationsAreRead) {
  EXPECT_EQ(duration_text(0.44), "0.4 s");
  EXPECT_EQ(duration_text(12.2), "12 s");
  EXPECT_EQ(duration_text(59.7), "1 min 00 s");
  EXPECT_EQ(duration_text(200), "3 min 20 s");
  EXPECT_EQ(duration_text(7500), "2 h 05 min");
}

TEST(Progress, NoDurationIsTooLong) { // what is left of a run that hardly moves; what a damaged checkpoint says
  EXPECT_EQ(duration_text(1e30), "1e+30 s");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::quiet_NaN()), "nan s");
}

} // namespace
} // namespace stint
