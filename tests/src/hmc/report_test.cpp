#include "src/hmc/report.hpp"

#include "lattice/random.hpp"
#include "tests/src/temporary_folder.hpp"

#include <cmath>

namespace stint {
namespace {

TEST(HmcReport, MeansAndErrorsOfChainsByHand) {
  std::vector<ChainSums> chains(2);
  const auto add = [&](int chain, float delta_h, float virial, bool accepted, std::int64_t index) {
    chains[chain].add({.action = 1, .magnetisation = 0.5, .delta_h = delta_h, .virial = virial, .accepted = accepted},
                      index, 2);
  };
  add(0, 0, 1, true, 0);
  add(0, 0, 2, true, 1);
  add(1, std::log(2.0F), 0, false, 0);
  add(1, INFINITY, 1, false, 1); // a rejection whose exp(-dH) is 0
  HmcReport report;
  summarize(chains, 2, report);
  EXPECT_DOUBLE_EQ(report.acceptance, 0.5);
  EXPECT_NEAR(report.exp_minus_delta_h.value, 0.625, 1e-7); // chains 1 and 1/4
  EXPECT_NEAR(report.exp_minus_delta_h.error, 0.375, 1e-7);
  EXPECT_DOUBLE_EQ(report.virial.value, 1); // chains 3/2 and 1/2
  EXPECT_DOUBLE_EQ(report.virial.error, 0.5);
}

TEST(HmcReport, OneChainHasNoErrors) {
  std::vector<ChainSums> chains(1);
  chains[0].add({.virial = 1, .accepted = true}, 0, 1);
  HmcReport report;
  summarize(chains, 1, report);
  EXPECT_EQ(report.virial.value, 1);
  EXPECT_TRUE(std::isnan(report.virial.error));
  EXPECT_TRUE(std::isnan(report.r_hat[0]));
  const std::string printed = table({}, report, "one.h5");
  EXPECT_EQ(printed.find("nan"), std::string::npos) << printed;
  EXPECT_NE(printed.find("<phi dS/dphi>  1\n"), std::string::npos) << printed;
}

HistoryRows rows(std::int64_t first, std::int64_t n, std::int64_t chains) {
  HistoryRows rows;
  for (std::int64_t row = first; row < first + n; ++row) {
    rows.trajectories.push_back(row);
    for (std::int64_t chain = 0; chain < chains; ++chain)
      rows.infos.push_back({.action = static_cast<float>(row), .magnetisation = static_cast<float>(chain)});
  }
  return rows;
}

TEST(HmcReport, TheSampleHasTheFirstChainsInOrder) {
  HistorySample sample(5, 100);
  sample.add(rows(0, 2, 100));
  sample.add(rows(2, 3, 100));
  EXPECT_EQ(sample.chains(), 64);
  EXPECT_EQ(sample.rows(), 5);
  const auto magnetisation = sample.series(0), square = sample.series(1), action = sample.series(2);
  for (std::int64_t i = 0; i < 64 * 5; ++i) {
    EXPECT_EQ(magnetisation[i], static_cast<double>(i / 5));
    EXPECT_EQ(square[i], std::pow(static_cast<double>(i / 5), 2));
    EXPECT_EQ(action[i], static_cast<double>(i % 5));
  }
}

TEST(HmcReport, TheSampleIsBounded) {
  EXPECT_EQ(HistorySample(1 << 16, 100).chains(), 16);
  HistorySample sample((1 << 20) + 1000, 3);
  EXPECT_EQ(sample.chains(), 1);
  for (int block = 0; block < 5; ++block)
    sample.add(rows(0, 1 << 18, 3));
  EXPECT_EQ(sample.rows(), 1 << 20);
}

TEST(HmcReport, TauIntIsInTrajectories) {
  // a_i = rho a_{i-1} + noise has tau_int = 1/2 (1 + rho)/(1 - rho) rows.
  constexpr double rho = 0.8;
  constexpr std::int64_t chains = 32, length = 4000;
  std::vector<double> noise(chains * length), value(chains);
  Stream{.seed = 3}.normals(noise);
  HistoryRows history;
  for (std::int64_t row = 0; row < length; ++row) {
    history.trajectories.push_back(10 * (row + 1));
    for (std::int64_t chain = 0; chain < chains; ++chain) {
      value[chain] = rho * value[chain] + noise[row * chains + chain];
      history.infos.push_back({.magnetisation = static_cast<float>(value[chain])});
    }
  }
  HistorySample sample(length, chains);
  sample.add(history);
  HmcReport report;
  estimate_tau_int(sample, 10, report);
  EXPECT_LT(std::abs(report.tau_int[0].value - 10 * 0.5 * (1 + rho) / (1 - rho)), 4 * report.tau_int[0].error);
  EXPECT_LT(report.tau_int[0].error, 5);
}

TEST(HmcReport, AttributesComeBack) {
  const test::TemporaryFolder folder;
  HmcReport report{.acceptance = 0.75,
                   .exp_minus_delta_h = {1.01, 0.02},
                   .virial = {0.99, 0.03},
                   .r_hat = {1.1, 1.2, unknown},
                   .tau_int = {{{5, 1}, {3, 0.5}, {}}},
                   .force_evaluations = 1234,
                   .seconds = 5,
                   .site_updates_per_second = 1e9,
                   .step_size = 0.1,
                   .steps = 7};
  {
    auto file = hdf5::File::create(folder.file("a.h5"));
    write_report(file, report);
    file.close();
  }
  const HmcReport back = read_report(hdf5::File::open(folder.file("a.h5")));
  const HmcRunSettings settings;
  EXPECT_EQ(table(settings, back, "a.h5"), table(settings, report, "a.h5"));
  EXPECT_EQ(back.r_hat[1], 1.2);
  EXPECT_EQ(back.tau_int[1].error, 0.5);
  EXPECT_TRUE(std::isnan(back.r_hat[2]));
  EXPECT_EQ(back.force_evaluations, 1234);
}

} // namespace
} // namespace stint
