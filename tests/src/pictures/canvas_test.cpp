// What is drawn, by its area and at single pixels.

#include "src/maze/maze_picture.hpp"
#include "src/pictures/canvas.hpp"

#include <gtest/gtest.h>

#include <numbers>

namespace stint {
namespace {

constexpr Colour black = {0, 0, 0}, white = {1, 1, 1}, red = {1, 0, 0};

/// The area of what was drawn in black on white, in pixels.
double black_area(const Picture& picture) {
  double sum = 0;
  for (std::int64_t r = 0; r < picture.height; ++r) {
    for (std::int64_t c = 0; c < picture.width; ++c)
      sum += (1 - picture.at(1, r, c)) / 2;
  }
  return sum;
}

TEST(Canvas, AreasAreThoseOfGeometry) {
  Canvas disc(100, 80, white);
  disc.disc({50, 40}, 20, black);
  EXPECT_NEAR(black_area(disc.picture()), std::numbers::pi * 400, 2);
  Canvas line(100, 80, white);
  line.line({20, 20}, {80, 60}, 6, black);
  EXPECT_NEAR(black_area(line.picture()), 6 * std::hypot(60, 40) + std::numbers::pi * 9, 5);
  Canvas faint(100, 80, white);
  faint.line({20, 20}, {80, 60}, 6, black, 0.5);
  EXPECT_NEAR(black_area(faint.picture()), black_area(line.picture()) / 2, 1e-3);
  Canvas rectangle(100, 80, white);
  rectangle.rectangle({10, 20}, {40, 60}, black);
  EXPECT_NEAR(black_area(rectangle.picture()), 30 * 40, 1e-3);
  EXPECT_EQ(rectangle.picture().at(0, 20, 10), -1);
  EXPECT_EQ(rectangle.picture().at(0, 19, 10), 1);
}

TEST(Canvas, WhatIsOutsideIsLeftOut) {
  Canvas canvas(50, 40, white);
  canvas.rectangle({-10, -10}, {10, 10}, black);
  EXPECT_NEAR(black_area(canvas.picture()), 100, 1e-3);
  canvas.line({-30, 20}, {100, 20}, 4, red);
  EXPECT_EQ(canvas.picture().at(0, 20, 49), 1);
  EXPECT_EQ(canvas.picture().at(1, 20, 49), -1);
  canvas.disc({-100, -100}, 5, black);
}

// umaze with 100 pixels a cell: rows downwards, columns to the right, 0.4 of the border's cells.
TEST(MazePicture, LiesAsTheLayoutIsWritten) {
  const Maze maze = Maze::named("umaze");
  MazePicture picture(maze, 380);
  ASSERT_EQ(picture.picture().width, 380);
  ASSERT_EQ(picture.picture().height, 380);
  const auto colour = [&](Cell cell) {
    const auto pixel = [](int k) { return static_cast<std::int64_t>(100 * (k - 0.6)) + 50; };
    const auto value = [&](int channel) { return picture.picture().at(channel, pixel(cell.row), pixel(cell.column)); };
    return std::array{value(0), value(1), value(2)};
  };
  const auto floor = colour({1, 1}), wall = colour({2, 1});
  EXPECT_EQ(floor, (std::array{1.0F, 1.0F, 1.0F}));
  EXPECT_LT(wall[0], 0);
  EXPECT_EQ(colour({2, 3}), floor);
  picture.add(Way{{1, 1}, {1, 3}});
  EXPECT_NE(colour({1, 2}), floor);
  EXPECT_EQ(colour({2, 1}), wall);
  picture.add(Way{{1, 1}, {3, 1}}); // through the wall
  EXPECT_GT(colour({2, 1})[0], 0.5F);
  EXPECT_LT(colour({2, 1})[1], -0.5F);
}

} // namespace
} // namespace stint
