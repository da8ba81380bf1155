#include "generative/training/family.hpp"

#include "generative/paths/task.hpp"
#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace stint {
namespace {

const Geometry lattice({8, 8});

FamilyLaw parse(std::string_view text) { return testing::phi4_families(lattice, text); }

std::vector<float> draw(const std::string& name, std::uint32_t index) {
  static const FamilyList families = standard_families({lattice}, phi4_log_ratio_range);
  std::vector<float> levels(lattice.volume());
  std::ranges::find(families, name, &Family::name)->draw(Stream{3, Purpose::training, index, 0}, 8, levels);
  return levels;
}

TEST(Family, TextIsReadBackAndWrongTextRefused) {
  for (const char* text : {"scalar", "site", "fourier", "mixed", "known:0.25,fourier:0.75"}) {
    const auto law = parse(text), again = parse(law.text());
    ASSERT_EQ(again.size(), law.size());
    for (std::size_t i = 0; i < law.size(); ++i)
      EXPECT_EQ(again.weight(i), law.weight(i)) << text << ' ' << law.family(i).name;
  }
  const auto law = parse("scalar:3,known:1");
  ASSERT_EQ(law.family(1).name, "known");
  EXPECT_DOUBLE_EQ(law.weight(1), 0.25);
  for (const char* text : {"", "all", "scalar:", "scalar:0.5,", "scalar:x", "scalar:-1", "known=1", "known:1:2"})
    EXPECT_THROW(parse(text), std::invalid_argument) << text;
}

TEST(Family, EveryPartOfABatchHasItsShareOfEachFamily) {
  const auto law = parse("mixed");
  for (const std::int64_t first : {0, 32, 1000}) {
    std::vector<int> counts(law.size());
    for (std::int64_t i = first; i < first + 64; ++i)
      ++counts[law.family_of(i)];
    for (std::size_t i = 0; i < law.size(); ++i)
      EXPECT_NEAR(counts[i], 64 * law.weight(i), 2.5) << law.family(i).name;
  }
}

TEST(Family, HalfOfTheLevelsLieInTheMiddleThird) {
  // |log(alpha/beta)| = 5 (t + t^3)/2 with t uniform: t < 1/2 is below 25/16.
  constexpr int count = 4000;
  int inside = 0;
  for (std::uint32_t index = 0; index < count; ++index) {
    const double level = draw("scalar", index).front();
    const double log_ratio = std::log(level / (1 - level));
    EXPECT_LT(std::abs(log_ratio), 5.001);
    inside += std::abs(log_ratio) < 25 / 16.0 ? 1 : 0;
  }
  EXPECT_LT(std::abs(inside - count / 2), 4 * std::sqrt(count / 4.0));
}

TEST(Family, SequentialStatesAreDataThenOneGroupThenNoise) {
  std::set<std::size_t> sizes;
  for (std::uint32_t index = 0; index < 200; ++index) {
    const auto levels = draw("sequential", index);
    std::set<float> moving;
    for (const float level : levels)
      if (level > 0 && level < 1)
        moving.insert(level);
    EXPECT_LE(moving.size(), 2U); // the next group has begun in a quarter of them
    EXPECT_GE(moving.size(), 1U);
    sizes.insert(static_cast<std::size_t>(std::ranges::count(levels, *moving.begin())));
  }
  for (const std::size_t size : {1U, 4U, 16U, 8U, 32U}) // sites, blocks of 2 and 4, columns of 1 and 4
    EXPECT_TRUE(sizes.contains(size)) << size;
}

TEST(Family, KnownSitesShareALevelBelowThatOfTheOthers) {
  int exact = 0;
  for (std::uint32_t index = 0; index < 400; ++index) {
    const auto levels = draw("known", index);
    const std::set<float> distinct(levels.begin(), levels.end());
    ASSERT_LE(distinct.size(), 2U);
    exact += *distinct.begin() == 0 ? 1 : 0;
  }
  EXPECT_GT(exact, 250);
  EXPECT_LT(exact, 350);
}

TEST(Family, FourierLevelsAreEvenInTheMomentumAndHaveTheModesOfTheTasks) {
  bool superresolution_seen = false;
  const auto known = superresolution({lattice}, 2).path.start() == 0;
  for (std::uint32_t index = 0; index < 400; ++index) {
    const auto levels = torch::tensor(draw("fourier", index)).reshape({8, 8});
    EXPECT_TRUE(torch::equal(levels, levels.flip({0, 1}).roll({1, 1}, {0, 1})));
    superresolution_seen |= torch::equal(levels == 0, known);
  }
  EXPECT_TRUE(superresolution_seen);
}

TEST(Family, FirstShellsOfPathsFromCoarseToFineAreDrawnOften) {
  // Of 1, 2, ... shells of |p|: the zero mode on its way, all beyond the shell noise. The shell with nothing but the
  // smallest momenta is where the magnetisation is decided.
  int first = 0, smallest = 0;
  for (std::uint32_t index = 0; index < 1000; ++index) {
    const auto levels = draw("fourier", index);
    const bool waiting = std::ranges::count(levels, 1.F) > 0;
    first += levels[0] > 0 && levels[0] < 1 && waiting ? 1 : 0;
    smallest += std::ranges::count(levels, levels[0]) == 5 && levels[0] < 1 ? 1 : 0;
  }
  EXPECT_GT(first, 150);
  EXPECT_GT(smallest, 30);
}

TEST(Family, IndependentLevelsDifferFromSiteToSite) {
  const auto levels = draw("independent", 0);
  EXPECT_GT(std::set<float>(levels.begin(), levels.end()).size(), 60U);
}

} // namespace
} // namespace stint
