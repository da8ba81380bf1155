#include "analysis/chains.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace stint {
namespace {

using Numbers = std::vector<std::int64_t>;

TEST(SplitChains, SortsInterleavedChains) {
  const Chains chains = split_chains(Numbers{7, 2, 7, 2, 7}, Numbers{100, 100, 300, 300, 500});
  EXPECT_EQ(chains.order, (Numbers{1, 3, 0, 2, 4}));
  EXPECT_EQ(chains.lengths, (Numbers{2, 3}));
  EXPECT_EQ(chains.spacing, 200);
}

TEST(SplitChains, SingleConfigurationsHaveSpacingOne) {
  const Chains chains = split_chains(Numbers{0, 1, 2}, Numbers{0, 0, 0});
  EXPECT_EQ(chains.lengths, (Numbers{1, 1, 1}));
  EXPECT_EQ(chains.spacing, 1);
}

TEST(SplitChains, NoConfigurationsAreNoChains) { EXPECT_TRUE(split_chains(Numbers{}, Numbers{}).lengths.empty()); }

TEST(SplitChains, RegularChainsHaveNoTimes) {
  EXPECT_TRUE(split_chains(Numbers{0, 0, 0, 1, 1}, Numbers{10, 20, 30, 50, 60}).times.empty());
}

TEST(SplitChains, GapsAreTimesWithoutAConfiguration) {
  const Chains joined = split_chains(Numbers{0, 0, 0, 0}, Numbers{50, 10, 40, 20});
  EXPECT_EQ(joined.spacing, 10);
  EXPECT_EQ(joined.times, (Numbers{0, 1, 3, 4}));
  const Chains mixed = split_chains(Numbers{0, 0, 0, 1, 1, 2}, Numbers{10, 20, 30, 7, 22, 100}); // steps 10 and 15
  EXPECT_EQ(mixed.spacing, 5);
  EXPECT_EQ(mixed.times, (Numbers{0, 2, 4, 0, 3, 0}));
}

TEST(SplitChains, RefusesRepeatedAndScatteredTrajectories) {
  EXPECT_THROW(split_chains(Numbers{0, 0}, Numbers{10, 10}), std::invalid_argument);
  EXPECT_THROW(split_chains(Numbers{0, 0, 0}, Numbers{0, 1, 1000}), std::invalid_argument);
  EXPECT_THROW(split_chains(Numbers{0, 0, 0}, Numbers{0, 1, std::int64_t{1} << 60}), std::invalid_argument);
  EXPECT_THROW(split_chains(Numbers{0, 0}, Numbers{10}), std::invalid_argument);
}

TEST(SplitChains, RefusesTrajectoriesThatAreTooFarApart) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max(),
                 smallest = std::numeric_limits<std::int64_t>::min();
  const std::vector<std::int64_t> chain = {0, 0, 1, 1};
  for (const std::vector<std::int64_t>& trajectory :
       {std::vector{smallest, largest, std::int64_t{0}, std::int64_t{1}}, // one distance
        {std::int64_t{0}, largest, std::int64_t{0}, largest},             // their sum
        {std::int64_t{0}, std::int64_t{1}, std::int64_t{0}, largest}})    // a gap that no series can have
    EXPECT_THROW(split_chains(chain, trajectory), std::invalid_argument);
}

TEST(SplitChains, ALongPauseEndsAChain) {
  Numbers chain(20, 3), trajectory;
  for (int i = 0; i < 20; ++i)
    trajectory.push_back(10 * i + (i < 12 ? 0 : 1'000'003));
  const Chains chains = split_chains(chain, trajectory);
  EXPECT_EQ(chains.lengths, (Numbers{12, 8}));
  EXPECT_EQ(chains.spacing, 10); // the pause is no multiple of it
  EXPECT_TRUE(chains.times.empty());
}

} // namespace
} // namespace stint
