// hmc --start FILE: which rows of an ensemble the chains go on from.

#include "src/hmc/start.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace stint {
namespace {

using Rows = std::vector<std::int64_t>;

TEST(RowsToStartFrom, AreTheLastOfEachChainWhateverTheOrder) {
  EXPECT_EQ(rows_to_start_from(Rows{0, 1, 2, 0, 1, 2}, Rows{5, 5, 5, 9, 9, 9}, 3), (Rows{3, 4, 5})); // by trajectory
  EXPECT_EQ(rows_to_start_from(Rows{0, 0, 1, 1, 2, 2}, Rows{5, 9, 5, 9, 5, 9}, 3), (Rows{1, 3, 5})); // by chain
  EXPECT_EQ(rows_to_start_from(Rows{7, 3, 7, 3}, Rows{9, 5, 5, 9}, 2), (Rows{3, 0}));                // neither
}

TEST(RowsToStartFrom, GoBackInTheChainsWhereThoseAreTooFew) {
  EXPECT_EQ(rows_to_start_from(Rows{0, 0, 0, 1, 1}, Rows{1, 2, 3, 2, 3}, 4), (Rows{2, 4, 1, 3}));
  EXPECT_EQ(rows_to_start_from(Rows{0, 0, 0, 1, 1}, Rows{1, 2, 3, 2, 3}, 5), (Rows{2, 4, 1, 3, 0}));
  EXPECT_EQ(rows_to_start_from(Rows{0, 0, 0, 1, 1}, Rows{1, 2, 3, 2, 3}, 1), (Rows{2}));
}

TEST(RowsToStartFrom, TakeTheLaterOfTwoRowsOfOneTrajectory) {
  EXPECT_EQ(rows_to_start_from(Rows{0, 0, 0}, Rows{0, 0, 0}, 2), (Rows{2, 1}));
}

} // namespace
} // namespace stint
