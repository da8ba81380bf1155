#include "src/progress.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(Progress, DurationsAreRead) {
  EXPECT_EQ(duration_text(0.44), "0.4 s");
  EXPECT_EQ(duration_text(12.2), "12 s");
  EXPECT_EQ(duration_text(59.7), "1 min 00 s");
  EXPECT_EQ(duration_text(200), "3 min 20 s");
  EXPECT_EQ(duration_text(7500), "2 h 05 min");
}

} // namespace
} // namespace stint
