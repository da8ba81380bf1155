#include "lattice/geometry.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace stint {
namespace {

TEST(Geometry, NumbersSitesRowMajor) {
  const Geometry lattice({3, 4, 5});
  EXPECT_EQ(lattice.dimensions(), 3);
  EXPECT_EQ(lattice.volume(), 60);
  // site (1, 2, 3) = (1 * 4 + 2) * 5 + 3
  EXPECT_EQ(lattice.neighbour(33, 0, +1), 53);
  EXPECT_EQ(lattice.neighbour(33, 0, -1), 13);
  EXPECT_EQ(lattice.neighbour(33, 1, +1), 38);
  EXPECT_EQ(lattice.neighbour(33, 1, -1), 28);
  EXPECT_EQ(lattice.neighbour(33, 2, +1), 34);
  EXPECT_EQ(lattice.neighbour(33, 2, -1), 32);
}

TEST(Geometry, IsPeriodic) {
  const Geometry lattice({3, 4});
  EXPECT_EQ(lattice.neighbour(0, 0, -1), 8);
  EXPECT_EQ(lattice.neighbour(0, 1, -1), 3);
  EXPECT_EQ(lattice.neighbour(11, 0, +1), 3);
  EXPECT_EQ(lattice.neighbour(11, 1, +1), 8);
}

TEST(Geometry, TwoSitesAreNeighboursOnBothSides) {
  const Geometry lattice({2});
  EXPECT_EQ(lattice.neighbour(0, 0, +1), 1);
  EXPECT_EQ(lattice.neighbour(0, 0, -1), 1);
}

TEST(Geometry, TableListsForwardThenBackward) {
  const Geometry lattice({2, 3});
  const std::vector<std::int32_t> expected = {3, 3, 1, 2, 4, 4, 2, 0, 5, 5, 0, 1, 0, 0, 4, 5, 1, 1, 5, 3, 2, 2, 3, 4};
  EXPECT_EQ(lattice.neighbour_table(), expected);
}

TEST(Geometry, ReadsWhatItWrites) {
  for (const char* text : {"7", "32x32", "2x3x4", "8x8x8x16"})
    EXPECT_EQ(Geometry::parse(text).text(), text);
}

TEST(Geometry, RefusesWhatIsNoLattice) {
  for (const char* text : {"", "x", "32x", "x32", "32xx32", "32 x 32", "32X32", "4.5", "four", "99999999999", "8,8"})
    EXPECT_THROW(Geometry::parse(text), std::invalid_argument) << text;
}

TEST(Geometry, RefusesWhatItCannotHold) {
  for (const char* text : {"1", "0", "-4x4", "32x1", "2x2x2x2x2", "65536x65536"})
    EXPECT_THROW(Geometry::parse(text), std::invalid_argument) << text;
  EXPECT_THROW(Geometry({}), std::invalid_argument);
}

} // namespace
} // namespace stint
