#include "analysis/chains.hpp"

#include <gtest/gtest.h>

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

TEST(SplitChains, RefusesIrregularTrajectories) {
  EXPECT_THROW(split_chains(Numbers{0, 0, 0}, Numbers{10, 20, 40}), std::invalid_argument);
  EXPECT_THROW(split_chains(Numbers{0, 0, 1, 1}, Numbers{10, 20, 10, 30}), std::invalid_argument);
  EXPECT_THROW(split_chains(Numbers{0, 0}, Numbers{10, 10}), std::invalid_argument);
  EXPECT_THROW(split_chains(Numbers{0, 0}, Numbers{10}), std::invalid_argument);
}

} // namespace
} // namespace stint
