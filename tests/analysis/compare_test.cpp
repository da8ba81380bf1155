#include "analysis/compare.hpp"

#include "synthetic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace stint {
namespace {

/// An ensemble of constant fields phi_x = offset + AR(1) chain.
Measurements flat_ensemble(double rho, int chains, int length, double offset, std::uint32_t number) {
  const Geometry geometry({2, 2});
  const auto levels = testing::ar1(rho, chains, length, number);
  std::vector<double> phi;
  phi.reserve(4 * levels.size());
  Measurements measurements{geometry, {}, {}, std::vector<double>(levels.size() * primary_count)};
  for (int i = 0; i < chains * length; ++i) {
    phi.insert(phi.end(), 4, offset + levels[i]);
    measurements.chain.push_back(i / length);
    measurements.trajectory.push_back(5 * (i % length));
  }
  measure<double>(geometry, Phi4{.mass2 = 1}, phi, measurements.values);
  return measurements;
}

TEST(Compare, AnEnsembleWithItself) {
  const auto ensemble = flat_ensemble(0.5, 10, 50, 0, 1);
  const auto comparison = compare(ensemble, ensemble);
  EXPECT_GE(comparison.observables.size(), 11);
  for (const auto& observable : comparison.observables)
    EXPECT_EQ(observable.z, 0) << observable.name;
  EXPECT_EQ(comparison.ks_statistic, 0);
  EXPECT_EQ(comparison.ks_p_value, 1);
  EXPECT_EQ(comparison.wasserstein1, 0);
}

TEST(Compare, ZHasTheSignAndSizeOfTheDifference) {
  const auto a = flat_ensemble(0.5, 1, 2000, 0, 1), b = flat_ensemble(0, 3000, 1, 0.5, 2);
  const auto comparison = compare(a, b);
  const auto& m = comparison.observables.at(0);
  EXPECT_EQ(m.name, "magnetisation");
  EXPECT_DOUBLE_EQ(m.z, (m.value.value - m.reference.value) / std::hypot(m.value.error, m.reference.error));
  EXPECT_GT(m.z, 6);
  EXPECT_LT(comparison.ks_p_value, 1e-6);
  EXPECT_LT(std::abs(comparison.wasserstein1 - 0.5), 4 * std::hypot(m.value.error, m.reference.error));
}

/// Correlated chains against independent samples of one law: without the effective sizes most p-values would be tiny.
TEST(Compare, KolmogorovSmirnovKnowsTheAutocorrelation) {
  constexpr int pairs = 100;
  int below = 0;
  for (std::uint32_t i = 0; i < pairs; ++i)
    below += compare(flat_ensemble(0.9, 1, 2000, 0, 2 * i), flat_ensemble(0, 500, 1, 0, 2 * i + 1)).ks_p_value < 0.1;
  EXPECT_LT(below, 0.1 * pairs + 4 * std::sqrt(0.09 * pairs));
}

TEST(Compare, ErrorlessEnsembles) {
  Measurements cold{Geometry({2, 2}), {0, 0}, {1, 2}, std::vector<double>(2 * primary_count)};
  Measurements warm = cold;
  measure<double>(cold.geometry, Phi4{}, std::vector<double>(8, 1.0), cold.values);
  measure<double>(warm.geometry, Phi4{}, std::vector<double>(8, 0.5), warm.values);
  const auto comparison = compare(cold, warm);
  const auto& m = comparison.observables.at(0);
  EXPECT_EQ(m.z, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(m.undefined, "both errors are 0 and the values differ");
  EXPECT_EQ(comparison.compared(), 11); // the correlation length is undefined
  EXPECT_EQ(comparison.beyond(3), 7);   // susceptibilities and the Binder cumulant of constant fields agree
  EXPECT_EQ(comparison.ks_statistic, 1);
  EXPECT_DOUBLE_EQ(comparison.wasserstein1, 0.5);
}

TEST(Compare, RefusesTwoLattices) {
  const auto a = flat_ensemble(0, 4, 1, 0, 1);
  auto b = a;
  b.geometry = Geometry({4});
  EXPECT_THROW(compare(a, b), std::invalid_argument);
}

} // namespace
} // namespace stint
