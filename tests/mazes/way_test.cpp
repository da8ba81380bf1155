// What is said of ways, against closed forms.

#include "mazes/way.hpp"
#include "mazes/way_classes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace stint {
namespace {

TEST(Way, LengthAndRoughnessOfACircle) {
  constexpr int n = 360;
  constexpr double angle = 2 * std::numbers::pi / n, radius = 3;
  Way circle;
  for (int t = 0; t <= n; ++t)
    circle.push_back({radius * std::cos(angle * t), radius * std::sin(angle * t)});
  EXPECT_NEAR(length(circle), n * 2 * radius * std::sin(angle / 2), 1e-9);
  // p[t-1] + p[t+1] = 2 cos(angle) p[t]
  EXPECT_NEAR(roughness(circle), std::pow(2 * radius * (1 - std::cos(angle)), 2), 1e-12);
}

TEST(Way, RoughnessOfUniformMotionIsZero) {
  EXPECT_NEAR(roughness(Way{{0, 0}, {1, 2}, {2, 4}, {3, 6}}), 0, 1e-15);
  EXPECT_EQ(roughness(Way{{0, 0}, {1, 0}, {1, 1}}), 2);
  EXPECT_EQ(roughness(Way{{0, 0}, {5, 0}}), 0);
}

TEST(Way, ResampledAtEqualDistances) {
  const Way corner{{0, 0}, {1, 0}, {1, 0}, {1, 3}};
  const Way points = resampled(corner, 9);
  ASSERT_EQ(points.size(), 9U);
  for (int k = 0; k <= 8; ++k) {
    const double s = 0.5 * k;
    EXPECT_NEAR(points[k].x, std::min(s, 1.0), 1e-12) << k;
    EXPECT_NEAR(points[k].y, std::max(s - 1, 0.0), 1e-12) << k;
  }
  EXPECT_EQ(resampled(Way{{2, 2}}, 3), (Way{{2, 2}, {2, 2}, {2, 2}}));
}

TEST(Way, DistanceOfParallelLines) {
  EXPECT_NEAR(mean_distance(Way{{0, 0}, {1, 0}, {4, 0}}, Way{{0, 2}, {3, 2}, {4, 2}}), 2, 1e-12);
  EXPECT_NEAR(mean_distance(Way{{0, 0}, {1, 0}}, Way{{0, 0}, {3, 0}}), 1, 1e-12); // the mean of 2 s
}

TEST(Way, SegmentsMeetWallsThatPointsMiss) {
  const Maze maze = Maze::named("umaze"); // the wall between (1, 1) and (3, 1) is the cell (2, 1)
  const Way jump{{1, 1}, {3, 1}}, round{{1, 1}, {1, 3}, {3, 3}, {3, 1}}, inside{{1, 1}, {2, 1}, {3, 1}};
  for (const auto test : {WallTest::centre, WallTest::physical}) {
    EXPECT_TRUE(points_free(maze, jump, test));
    EXPECT_FALSE(segments_free(maze, jump, test));
    EXPECT_TRUE(points_free(maze, round, test));
    EXPECT_TRUE(segments_free(maze, round, test));
    EXPECT_FALSE(points_free(maze, inside, test));
    EXPECT_FALSE(segments_free(maze, inside, test));
    EXPECT_FALSE(points_free(maze, Way{}, test));
    EXPECT_FALSE(segments_free(maze, Way{}, test));
  }
  const Way near{{1, 1}, {1.35, 1}}; // the wall's cell begins at 1.5, but the ball stops at 1.2
  EXPECT_TRUE(segments_free(maze, near, WallTest::centre));
  EXPECT_FALSE(points_free(maze, near, WallTest::physical));
}

// A ring of free cells about one island: left and right round it, and once about.
TEST(WayClasses, TellSidesOfAnIslandAndForgetTurningBack) {
  const Maze maze = Maze::from_text("#####\\#OOO#\\#O#O#\\#OOO#\\#####");
  const WayClasses classes(maze);
  ASSERT_EQ(classes.islands(), 1U);
  const Way left{{1, 1}, {1, 3}, {3, 3}}, right{{1, 1}, {3, 1}, {3, 3}};
  const Way back{{1, 1}, {1, 3}, {3, 3}, {3, 1}, {3, 3}, {1, 3}, {3, 3}};
  const Way about{{1, 1}, {1, 3}, {3, 3}, {3, 1}, {1, 1}, {1, 3}, {3, 3}};
  EXPECT_NE(classes.of(left), classes.of(right));
  EXPECT_EQ(classes.of(left), classes.of(back));
  EXPECT_NE(classes.of(left), classes.of(about));
  EXPECT_NE(classes.of(right), classes.of(about));
}

TEST(WayClasses, IslandsAreCountedAcrossCorners) {
  EXPECT_EQ(WayClasses(Maze::named("umaze")).islands(), 0U);
  const char* const apart = "#######\\#OOOOO#\\#O#O#O#\\#OOOOO#\\#######";
  EXPECT_EQ(WayClasses(Maze::from_text(apart)).islands(), 2U);
  const char* const touching = "######\\#OOOO#\\#O#OO#\\#OO#O#\\#OOOO#\\######";
  EXPECT_EQ(WayClasses(Maze::from_text(touching)).islands(), 1U);
}

// Between and round two islands of one row there are three ways, whose rays lie side by side.
TEST(WayClasses, TwoIslands) {
  const Maze maze = Maze::from_text("#######\\#OOOOO#\\#O#O#O#\\#OOOOO#\\#######");
  const WayClasses classes(maze);
  std::vector<WayClasses::Word> words;
  for (const double y : {1.0, 3.0, 5.0})
    words.push_back(classes.of(Way{{1, 3}, {1, y}, {3, y}, {3, 3}}));
  EXPECT_NE(words[0], words[1]);
  EXPECT_NE(words[1], words[2]);
  EXPECT_NE(words[0], words[2]);
}

} // namespace
} // namespace stint
