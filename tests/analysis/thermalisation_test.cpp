#include "analysis/thermalisation.hpp"

#include "synthetic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace stint {
namespace {

/// AR(1) chains with parameter 0.8 whose <phi^2> and <|M|> start `offset` standard deviations off and relax as
/// exp(-t/decay), saved every 5 trajectories.
Measurements relaxing(double offset, double decay, int chains, int length, std::uint32_t number) {
  Measurements measurements{Geometry({2, 2}), {}, {}, std::vector<double>(chains * length * primary_count)};
  const auto noise = testing::ar1(0.8, chains, length, number), other = testing::ar1(0.8, chains, length, number + 1);
  for (int i = 0; i < chains * length; ++i) {
    measurements.chain.push_back(i / length);
    measurements.trajectory.push_back(1000 + 5 * (i % length));
    double* values = measurements.values.data() + i * primary_count;
    values[primary::phi2] = noise[i] + offset * std::exp(-(i % length) / decay);
    values[primary::abs_magnetisation] = other[i] - 0.1 * offset * std::exp(-(i % length) / decay);
  }
  return measurements;
}

ThermalisationCut cut_of(const Measurements& measurements) {
  return suggest_cut(measurements, split_chains(measurements.chain, measurements.trajectory));
}

TEST(SuggestCut, FindsTheEndOfADrift) {
  for (const int chains : {1, 16}) {
    const auto cut = cut_of(relaxing(20, 10, chains, 2000, 500));
    EXPECT_EQ(cut.observable, "phi2");
    EXPECT_GT(cut.z, 4);
    EXPECT_TRUE(cut.found);
    // 20 exp(-t/10) is one standard deviation at t = 30 and 1/100 of one at t = 76, in steps of 5 trajectories.
    EXPECT_GE(cut.trajectories, 5 * 20) << chains;
    EXPECT_LE(cut.trajectories, 5 * 150) << chains;
  }
}

TEST(SuggestCut, LeavesStationaryChainsAlone) {
  int suggested = 0;
  for (std::uint32_t e = 0; e < 200; ++e)
    suggested += cut_of(relaxing(0, 1, e % 2 == 0 ? 1 : 8, 300, 1000 + 2 * e)).trajectories > 0;
  EXPECT_LE(suggested, 4);
}

/// The level that the header states, 1 %, on independent fields of independent sites: <phi^4> and the action of so few
/// sites have long tails.
TEST(SuggestCut, IsSeldomWrongOnWhiteNoise) {
  constexpr int ensembles = 500;
  const Geometry geometry({2, 2});
  for (const auto& [chains, length] : {std::pair(1, 200), std::pair(1, 20), std::pair(4, 50)}) {
    int suggested = 0;
    for (std::uint32_t e = 0; e < ensembles; ++e) {
      auto measurements = relaxing(0, 1, chains, length, 0);
      std::vector<double> sites(4 * chains * length);
      Stream{.seed = 97, .chain = e}.normals(sites);
      measure<double>(geometry, Phi4{.mass2 = 1, .lambda = 1}, sites, measurements.values);
      suggested += cut_of(measurements).trajectories > 0;
    }
    EXPECT_LE(suggested, 0.01 * ensembles) << chains << " chains of " << length;
  }
}

TEST(SuggestCut, SaysWhenTheDriftDoesNotEnd) {
  const auto cut = cut_of(relaxing(30, 400, 4, 400, 600));
  EXPECT_GT(cut.trajectories, 0);
  EXPECT_FALSE(cut.found);
}

TEST(SuggestCut, HasNoOpinionOnIndependentSamples) { EXPECT_EQ(cut_of(relaxing(5, 1, 100, 1, 700)).trajectories, 0); }

TEST(SuggestCut, WithoutTheBeginningNothingMoreIsSuggested) {
  const auto whole = relaxing(20, 10, 8, 2000, 800);
  const auto rest = select(whole, after_beginning(whole, cut_of(whole).trajectories));
  EXPECT_LT(rest.chain.size(), whole.chain.size());
  EXPECT_EQ(cut_of(rest).trajectories, 0);
}

TEST(AfterBeginning, CountsFromTheFirstConfigurationOfEachChain) {
  Measurements measurements{
      Geometry({2, 2}), {0, 1, 0, 1, 0}, {10, 100, 20, 110, 30}, std::vector<double>(5 * primary_count)};
  for (int i = 0; i < 5; ++i)
    measurements.values[i * primary_count] = i;
  const auto rest = select(measurements, after_beginning(measurements, 10));
  EXPECT_EQ(rest.chain, (std::vector<std::int64_t>{0, 1, 0}));
  EXPECT_EQ(rest.trajectory, (std::vector<std::int64_t>{20, 110, 30}));
  EXPECT_EQ(rest.values[0], 2);
  EXPECT_EQ(rest.values[2 * primary_count], 4);
  EXPECT_EQ(rest.values.size(), 3 * primary_count);
}

} // namespace
} // namespace stint
