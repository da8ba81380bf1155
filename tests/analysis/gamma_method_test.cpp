#include "analysis/gamma_method.hpp"

#include "synthetic.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace stint {
namespace {

using testing::ar1;
using testing::ar1_tau_int;

std::vector<std::int64_t> equal_chains(std::int64_t chains, std::int64_t length) {
  return std::vector<std::int64_t>(chains, length);
}

/// The exact standard deviation of the mean of `chains` AR(1) chains.
double exact_error(double rho, std::int64_t chains, std::int64_t length) {
  double sum = static_cast<double>(length);
  for (std::int64_t t = 1; t < length; ++t)
    sum += 2 * static_cast<double>(length - t) * std::pow(rho, static_cast<double>(t));
  return std::sqrt(sum / static_cast<double>(chains)) / static_cast<double>(length);
}

TEST(GammaMethod, OneLongChain) {
  for (const double rho : {0.0, 0.5, 0.9, 0.98}) {
    constexpr std::int64_t n = 200000;
    const auto series = ar1(rho, 1, n, 1);
    const auto result = gamma_method(series, equal_chains(1, n));
    EXPECT_TRUE(result.window_closed);
    EXPECT_LT(std::abs(result.tau_int - ar1_tau_int(rho)), 4 * result.tau_int_error) << rho;
    EXPECT_LT(std::abs(result.error - exact_error(rho, 1, n)), 4 * result.error_of_error) << rho;
    EXPECT_LT(std::abs(series_mean(series)), 4 * result.error) << rho;
    EXPECT_LT(result.tau_int_error, 0.1 * result.tau_int) << rho;
  }
}

TEST(GammaMethod, ManyShortChains) {
  const double rho = 0.8;
  const auto series = ar1(rho, 1024, 20, 2);
  const auto result = gamma_method(series, equal_chains(1024, 20));
  EXPECT_LT(std::abs(result.tau_int - ar1_tau_int(rho)), 4 * result.tau_int_error);
  EXPECT_LT(std::abs(result.error - exact_error(rho, 1024, 20)), 4 * result.error_of_error);
}

TEST(GammaMethod, ChainsOfDifferentLength) {
  const double rho = 0.7;
  std::vector<double> series;
  std::vector<std::int64_t> lengths;
  for (std::uint32_t r = 0; r < 60; ++r) {
    lengths.push_back(1 + 37 * r % 1000);
    const auto chain = ar1(rho, 1, lengths.back(), 1000 + r);
    series.insert(series.end(), chain.begin(), chain.end());
  }
  const auto result = gamma_method(series, lengths);
  EXPECT_LT(std::abs(result.tau_int - ar1_tau_int(rho)), 4 * result.tau_int_error);
  EXPECT_LT(std::abs(series_mean(series)), 4 * result.error);
}

/// The entries of `chains` AR(1) chains at the times for which keep(chain, time), as an irregular ensemble has them.
struct Irregular {
  std::vector<double> series;
  std::vector<std::int64_t> lengths, times;
};

template<class Keep>
Irregular irregular(double rho, std::int64_t chains, std::int64_t length, std::uint32_t ensemble, Keep keep) {
  const auto whole = ar1(rho, chains, length, ensemble);
  Irregular kept;
  for (std::int64_t r = 0; r < chains; ++r) {
    kept.lengths.push_back(0);
    for (std::int64_t t = 0; t < length; ++t)
      if (t == 0 || keep(r, t)) {
        kept.series.push_back(whole[r * length + t]);
        kept.times.push_back(t);
        ++kept.lengths.back();
      }
  }
  return kept;
}

bool joined(std::int64_t, std::int64_t t) { return t < 1500 || t > 1750; } // two histories, one pause
bool hashed(std::int64_t r, std::int64_t t) { return (t * 7919 + r * 104729) % 97 % 3 != 0; } // two in three, no rhythm
bool coarse(std::int64_t r, std::int64_t t) { return r % 2 == 0 ? t % 2 == 0 : t % 3 == 0; }  // distance 1 never occurs

/// The exact standard deviation of the mean of AR(1) entries at these times.
double exact_error(double rho, const Irregular& kept) {
  double sum = 0;
  std::int64_t first = 0;
  for (const std::int64_t n : kept.lengths) {
    for (std::int64_t i = first; i < first + n; ++i)
      for (std::int64_t j = first; j < first + n; ++j)
        sum += std::pow(rho, static_cast<double>(std::abs(kept.times[i] - kept.times[j])));
    first += n;
  }
  return std::sqrt(sum) / static_cast<double>(kept.series.size());
}

TEST(GammaMethod, GapsAreMissingPairs) {
  const double rho = 0.9;
  for (const auto keep : {joined, hashed, coarse}) {
    const auto kept = irregular(rho, 4, 3000, 60000, keep);
    const auto result = gamma_method(kept.series, kept.lengths, kept.times);
    EXPECT_LT(std::abs(result.tau_int - ar1_tau_int(rho)), 4 * result.tau_int_error) << result.tau_int;
    const double exact = exact_error(rho, kept);
    EXPECT_LT(std::abs(result.error - exact), 4 * result.error_of_error) << result.error << " " << exact;
    EXPECT_NEAR(result.independent, 1 / (exact * exact), 4 * result.independent * 2 * result.error_of_error / exact);
  }
}

TEST(GammaMethod, TimesWithoutGapsChangeNothing) {
  const auto kept = irregular(0.8, 5, 400, 61000, [](auto, auto) { return true; });
  const auto with = gamma_method(kept.series, kept.lengths, kept.times),
             without = gamma_method(kept.series, kept.lengths);
  EXPECT_DOUBLE_EQ(with.error, without.error);
  EXPECT_DOUBLE_EQ(with.tau_int, without.tau_int);
  EXPECT_EQ(with.window, without.window);
}

TEST(GammaMethod, SingleConfigurationsAreIndependent) {
  const std::vector<double> series = {1, 2, 3, 6};
  const auto result = gamma_method(series, equal_chains(4, 1));
  EXPECT_DOUBLE_EQ(result.error, std::sqrt(14.0 / 3 / 4)); // the unbiased variance over N
  EXPECT_DOUBLE_EQ(result.error_of_error, result.error * std::sqrt(1.0 / 8));
  EXPECT_DOUBLE_EQ(result.tau_int, 0.5);
  EXPECT_DOUBLE_EQ(result.tau_int_error, 0);
  EXPECT_DOUBLE_EQ(result.independent, 4);
}

TEST(GammaMethod, TooShortChainsGiveTheScatterOfTheirMeans) {
  const std::int64_t chains = 50, length = 4;
  const auto series = ar1(0.999, chains, length, 3);
  const auto result = gamma_method(series, equal_chains(chains, length));
  EXPECT_FALSE(result.window_closed);
  EXPECT_EQ(result.window, length - 1);
  double sum = 0;
  const double mean = series_mean(series);
  for (std::int64_t r = 0; r < chains; ++r)
    sum += std::pow(series_mean(std::span(series).subspan(r * length, length)) - mean, 2);
  EXPECT_NEAR(result.error, std::sqrt(sum / static_cast<double>(chains * (chains - 1))), 1e-12);
  EXPECT_GT(result.tau_int_error, 0.1 * result.tau_int);
}

TEST(GammaMethod, ConstantSeries) {
  const std::vector<double> series(100, 0.1);
  const auto result = gamma_method(series, equal_chains(5, 20));
  EXPECT_EQ(result.error, 0);
  EXPECT_EQ(result.tau_int, 0.5);
  EXPECT_EQ(result.tau_int_error, 0);
}

/// AR(1) with negative rho: tau_int is below 1/2 and the error is smaller than that of independent entries.
TEST(GammaMethod, AnticorrelatedSeries) {
  for (const double rho : {-0.3, -0.7, -0.95, -0.99}) {
    for (const std::int64_t chains : {1, 20}) {
      const std::int64_t n = 20000 / chains;
      const auto series = ar1(rho, chains, n, 5);
      const auto result = gamma_method(series, equal_chains(chains, n));
      EXPECT_LT(std::abs(result.tau_int - ar1_tau_int(rho)), 4 * result.tau_int_error + 0.05 * ar1_tau_int(rho)) << rho;
      EXPECT_NEAR(result.error / exact_error(rho, chains, n), 1, 0.05) << rho << " " << chains;
      EXPECT_TRUE(result.window_closed);
    }
  }
}

/// A signal that alternates for ever below white noise, which alone makes the error.
TEST(GammaMethod, AlternatingSeriesWithNoise) {
  constexpr std::int64_t n = 4000;
  auto series = ar1(0, 1, n, 6);
  for (std::int64_t i = 0; i < n; ++i)
    series[i] += i % 2 == 0 ? 12 : -12;
  const auto result = gamma_method(series, equal_chains(1, n));
  EXPECT_NEAR(result.error * std::sqrt(static_cast<double>(n)), 1, 0.1);
  EXPECT_NEAR(result.tau_int, 0.5 / 145, 0.1 * 0.5 / 145);
}

TEST(GammaMethod, AnAlternatingSeriesKnowsItsMeanToOneEntry) {
  std::vector<double> series(100);
  for (std::size_t i = 0; i < series.size(); ++i)
    series[i] = i % 2 == 0 ? 1 : -1;
  const auto result = gamma_method(series, equal_chains(1, 100));
  EXPECT_NEAR(result.error, 0.01, 0.001); // one entry more or less moves the mean by 1/N
  EXPECT_LT(result.tau_int, 0.01);
  EXPECT_GT(result.tau_int, 0);
}

TEST(GammaMethod, FewEntriesStayFinite) {
  for (std::int64_t n = 2; n < 12; ++n) {
    const auto result = gamma_method(ar1(0.9, 1, n, static_cast<std::uint32_t>(n)), equal_chains(1, n));
    EXPECT_TRUE(std::isfinite(result.error) && result.error > 0) << n;
    EXPECT_TRUE(std::isfinite(result.tau_int_error)) << n;
  }
  EXPECT_THROW(gamma_method(std::vector<double>{1}, equal_chains(1, 1)), std::invalid_argument);
}

struct Sampling {
  double rho;
  std::int64_t chains, length;
  std::uint32_t first; // ensemble number
};
class Coverage : public ::testing::TestWithParam<Sampling> {};

/// 68.27 % of the intervals mean +- error hold the true mean: 1000 ensembles, binomial standard deviation 1.5 %.
TEST_P(Coverage, OfOneSigmaIntervals) {
  const auto [rho, chains, length, first] = GetParam();
  constexpr int ensembles = 1000;
  int covered = 0;
  for (std::uint32_t e = 0; e < ensembles; ++e) {
    const auto series = ar1(rho, chains, length, first + e);
    covered += std::abs(series_mean(series)) < gamma_method(series, equal_chains(chains, length)).error;
  }
  EXPECT_GT(covered, 0.64 * ensembles);
  EXPECT_LT(covered, 0.72 * ensembles);
}
INSTANTIATE_TEST_SUITE_P(GammaMethod, Coverage,
                         ::testing::Values(Sampling{0.8, 1, 5000, 10000},   // one long chain
                                           Sampling{0.95, 1, 10000, 20000}, // tau_int = 19.5
                                           Sampling{0.8, 512, 10, 30000},   // chains of two tau_int
                                           Sampling{0.98, 256, 8, 40000},   // chains far shorter than tau_int
                                           Sampling{0.0, 500, 1, 50000},    // independent model samples
                                           Sampling{-0.9, 1, 2000, 70000},  // alternating
                                           Sampling{-0.7, 16, 100, 80000}), // in several chains
                         [](const auto& sampling) {
                           return std::to_string(sampling.param.chains) + "ChainsOf" +
                                  std::to_string(sampling.param.length);
                         });

TEST(GammaMethod, CoverageWithGaps) {
  constexpr int ensembles = 500;
  int covered = 0;
  for (std::uint32_t e = 0; e < ensembles; ++e) {
    const auto kept = irregular(0.8, 2, 1500, 62000 + e, hashed);
    covered += std::abs(series_mean(kept.series)) < gamma_method(kept.series, kept.lengths, kept.times).error;
  }
  EXPECT_GT(covered, 0.64 * ensembles);
  EXPECT_LT(covered, 0.72 * ensembles);
}

} // namespace
} // namespace stint
