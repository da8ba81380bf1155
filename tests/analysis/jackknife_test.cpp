#include "analysis/jackknife.hpp"

#include "synthetic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stint {
namespace {

Chains regular(std::vector<std::int64_t> lengths, std::int64_t spacing) {
  Chains chains{{}, std::move(lengths), spacing, {}};
  chains.order.resize(std::accumulate(chains.lengths.begin(), chains.lengths.end(), std::int64_t{0}));
  std::iota(chains.order.begin(), chains.order.end(), 0);
  return chains;
}

std::vector<double> first_column(std::span<const double> means) { return {means[0]}; }

TEST(Jackknife, OfAMeanIsTheScatterOfEqualBlocks) {
  const BlockMeans blocks{{5, 5, 5, 5}, {1, 2, 4, 9}};
  const auto [value, error] = jackknife(blocks, first_column)[0];
  EXPECT_DOUBLE_EQ(value, 4);
  EXPECT_NEAR(error, std::sqrt((9 + 4 + 0 + 25) / (4.0 * 3)), 1e-14);
}

TEST(Jackknife, UnequalBlocksByHand) {
  // Blocks of 1 and 3 entries, means 8 and 0: F = 2, F without them 0 and 8; h = 4, 4/3; f = 8, 0; fbar = 2;
  // error^2 = (36/3 + 4/(1/3))/2 = 12.
  const auto [value, error] = jackknife({{1, 3}, {8, 0}}, first_column)[0];
  EXPECT_DOUBLE_EQ(value, 2);
  EXPECT_NEAR(error, std::sqrt(12.0), 1e-14);
}

TEST(Jackknife, PropagatesThroughANonLinearFunction) {
  // F = a/b of two columns that are proportional is constant: no error, though both means have one.
  const BlockMeans blocks{{2, 3, 4}, {2, 1, 6, 3, 4, 2}};
  const auto ratio = jackknife(blocks, [](std::span<const double> m) { return std::vector{m[0] / m[1]}; })[0];
  EXPECT_DOUBLE_EQ(ratio.value, 2);
  EXPECT_NEAR(ratio.error, 0, 1e-14);
}

TEST(MakeBlocks, ManyChainsAreNotCut) {
  const Blocks blocks = make_blocks(regular(std::vector<std::int64_t>(80, 3), 1), 1, 20);
  EXPECT_EQ(blocks.sizes, std::vector<std::int64_t>(20, 12));
  EXPECT_TRUE(blocks.long_enough);
  for (int i = 0; i < 240; ++i)
    EXPECT_EQ(blocks.of[i], i / 12);
}

TEST(MakeBlocks, AModerateNumberOfChainsIsCutIfTheyAreLong) {
  EXPECT_EQ(std::ssize(make_blocks(regular(std::vector<std::int64_t>(16, 400), 1), 82).sizes), 16 * 4);
  const Blocks whole = make_blocks(regular(std::vector<std::int64_t>(16, 80), 1), 82);
  EXPECT_EQ(whole.sizes, std::vector<std::int64_t>(16, 80));
  EXPECT_TRUE(whole.long_enough);
}

TEST(MakeBlocks, FewChainsAreCutIntoLongPieces) {
  const Blocks blocks = make_blocks(regular({1000, 500}, 5), 200); // 200 trajectories are 40 configurations
  EXPECT_EQ(std::ssize(blocks.sizes), 25 + 12);
  EXPECT_GE(std::ranges::min(blocks.sizes), 40);
  EXPECT_TRUE(blocks.long_enough);
  EXPECT_NE(blocks.of[999], blocks.of[1000]); // no block holds two chains
  std::vector<std::int64_t> counted(blocks.sizes.size());
  for (const auto block : blocks.of)
    ++counted[block];
  EXPECT_EQ(counted, blocks.sizes);
  EXPECT_LE(std::ssize(make_blocks(regular({100000}, 1), 1).sizes), 128);
}

TEST(MakeBlocks, SaysWhenChainsAreTooShort) {
  const Blocks blocks = make_blocks(regular({320}, 1), 100);
  EXPECT_EQ(std::ssize(blocks.sizes), 16);
  EXPECT_FALSE(blocks.long_enough);
}

} // namespace
} // namespace stint
