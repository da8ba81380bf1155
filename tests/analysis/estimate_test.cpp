#include "analysis/estimate.hpp"

#include "analysis/fluctuations.hpp"

#include "lattice/free_field.hpp"
#include "synthetic.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <stdexcept>

namespace stint {
namespace {

std::map<std::string, Estimate> by_name(const std::vector<NamedEstimate>& estimates) {
  std::map<std::string, Estimate> map;
  for (const auto& [name, estimate, undefined] : estimates)
    map[name] = estimate;
  return map;
}

/// n configurations of the free field, `length` to a chain. Along a chain every mode is an AR(1) series of parameter
/// rho; each configuration by itself follows the law of the free field.
Measurements free_field_ensemble(const Geometry& geometry, const Phi4& theory, int n, int length, double rho,
                                 std::uint64_t seed) {
  const std::int64_t volume = geometry.volume();
  const double mean = free_field_moments(geometry, theory).magnetisation;
  Measurements measurements{geometry, {}, {}, std::vector<double>(n * primary_count)};
  std::vector<double> configurations(n * volume);
  for (int i = 0; i < n; ++i) {
    measurements.chain.push_back(i / length);
    measurements.trajectory.push_back(500 + 10 * (i % length));
    const auto phi = std::span(configurations).subspan(i * volume, volume);
    draw_free_field(geometry, theory, Stream{seed, Purpose::free_field, static_cast<std::uint32_t>(i), 0}, phi);
    if (i % length != 0)
      for (std::int64_t x = 0; x < volume; ++x)
        phi[x] =
            mean + rho * (configurations[(i - 1) * volume + x] - mean) + std::sqrt(1 - rho * rho) * (phi[x] - mean);
  }
  measure<double>(geometry, theory, configurations, measurements.values);
  return measurements;
}

/// <|M|> of a Gaussian of this mean and standard deviation.
double folded_normal(double mean, double sigma) {
  return sigma * std::sqrt(2 / std::numbers::pi) * std::exp(-mean * mean / (2 * sigma * sigma)) +
         mean * std::erf(mean / (sigma * std::numbers::sqrt2));
}

std::map<std::string, double> closed_forms(const Geometry& geometry, const Phi4& theory) {
  const auto moments = free_field_moments(geometry, theory);
  const auto volume = static_cast<double>(geometry.volume());
  const double mean = moments.magnetisation, mean2 = mean * mean;
  const double chi = 1 / (2 * (theory.mass2 - theory.quadratic)); // Sigma(0)
  const double variance = chi / volume, site = moments.phi2 - mean2;
  const double abs = folded_normal(mean, std::sqrt(variance));
  const double m4 = mean2 * mean2 + 6 * mean2 * variance + 3 * variance * variance;
  return {
      {"magnetisation", mean},
      {"abs_magnetisation", abs},
      {"magnetisation_squared", mean2 + variance},
      {"susceptibility", chi},
      {"susceptibility_abs", volume * (mean2 + variance - abs * abs)},
      {"susceptibility_disconnected", volume * (mean2 + variance)},
      {"binder_cumulant", 1 - m4 / (3 * std::pow(mean2 + variance, 2))},
      {"phi2", moments.phi2},
      {"phi4", mean2 * mean2 + 6 * mean2 * site + 3 * site * site},
      {"nearest_neighbour", moments.nearest_neighbour},
      {"action_density", moments.action_density},
      {"correlation_length", 1 / std::sqrt(theory.mass2 - theory.quadratic)},
  };
}

void expect_closed_forms(const Measurements& measurements, const Phi4& theory) {
  const auto exact = closed_forms(measurements.geometry, theory);
  const auto estimates = estimate_all(measurements);
  EXPECT_EQ(estimates.size(), exact.size());
  for (const auto& [name, estimate, undefined] : estimates) {
    EXPECT_GT(estimate.error, 0) << name;
    EXPECT_LT(std::abs(estimate.value - exact.at(name)), 4 * estimate.error)
        << name << " " << estimate.value << " +- " << estimate.error << ", exact " << exact.at(name);
  }
}

TEST(EstimateAll, FreeField) {
  const Phi4 theory{.mass2 = 0.3};
  expect_closed_forms(free_field_ensemble(Geometry({8, 8}), theory, 8000, 1, 0, 11), theory);
}

TEST(EstimateAll, FreeFieldInAField) {
  const Phi4 theory{.mass2 = 0.4, .field = 0.2, .quadratic = 0.1};
  expect_closed_forms(free_field_ensemble(Geometry({6, 10}), theory, 8000, 1, 0, 12), theory);
}

TEST(EstimateAll, FreeFieldInFourDimensions) {
  const Phi4 theory{.mass2 = 0.5};
  expect_closed_forms(free_field_ensemble(Geometry({3, 4, 4, 2}), theory, 4000, 1, 0, 13), theory);
}

TEST(EstimateAll, CorrelatedFreeField) {
  const Phi4 theory{.mass2 = 0.3};
  const double rho = 0.9;
  const auto measurements = free_field_ensemble(Geometry({8, 8}), theory, 20000, 2000, rho, 14);
  expect_closed_forms(measurements, theory);
  const auto estimates = by_name(estimate_all(measurements));
  const double tau = 10 * testing::ar1_tau_int(rho), tau_squares = 10 * testing::ar1_tau_int(rho * rho);
  const auto& linear = estimates.at("magnetisation");
  EXPECT_LT(std::abs(linear.tau_int - tau), 4 * linear.tau_int_error) << linear.tau_int; // in trajectories, 10 a step
  const auto& square = estimates.at("magnetisation_squared"); // Gamma(t) of a Gaussian's square is rho^(2t)
  EXPECT_LT(std::abs(square.tau_int - tau_squares), 4 * square.tau_int_error) << square.tau_int;
}

/// Measurements of a Gaussian zero mode of mean 0.1 and G(0) = 2 and a Gaussian lowest mode of G(p) = 1 on a 4 x 4
/// lattice, both AR(1) with parameter 0.5, in 100 chains of 40.
Measurements gaussian_modes(std::uint32_t number) {
  constexpr int chains = 100, length = 40;
  const Geometry geometry({4, 4});
  const auto zero = testing::ar1(0.5, chains, length, 3 * number);
  const auto real = testing::ar1(0.5, chains, length, 3 * number + 1);
  const auto imaginary = testing::ar1(0.5, chains, length, 3 * number + 2);
  Measurements measurements{geometry, {}, {}, std::vector<double>(zero.size() * primary_count)};
  for (std::size_t i = 0; i < zero.size(); ++i) {
    measurements.chain.push_back(static_cast<std::int64_t>(i) / length);
    measurements.trajectory.push_back(static_cast<std::int64_t>(i) % length);
    double* values = measurements.values.data() + i * primary_count;
    const double m = 0.1 + std::sqrt(2.0 / 16) * zero[i];
    values[primary::magnetisation] = m;
    values[primary::abs_magnetisation] = std::abs(m);
    values[primary::magnetisation2] = m * m;
    values[primary::magnetisation4] = m * m * m * m;
    values[primary::lowest_mode] = (real[i] * real[i] + imaginary[i] * imaginary[i]) / 2;
  }
  return measurements;
}

/// The quoted errors of derived quantities are the scatter over many ensembles, and one-sigma intervals cover 68 %.
TEST(EstimateAll, ErrorsAreTheScatterOfManyEnsembles) {
  const double mean2 = 0.01, variance = 2.0 / 16, m2 = mean2 + variance;
  const double m4 = mean2 * mean2 + 6 * mean2 * variance + 3 * variance * variance;
  const std::map<std::string, double> exact = {
      {"susceptibility", 2},
      {"susceptibility_abs", 16 * (m2 - std::pow(folded_normal(0.1, std::sqrt(variance)), 2))},
      {"binder_cumulant", 1 - m4 / (3 * m2 * m2)},
      {"correlation_length", 1 / (2 * std::sin(std::numbers::pi / 4))},
  };
  constexpr int ensembles = 300;
  struct Scatter {
    double sum = 0, squares = 0, error_squares = 0;
    int covered = 0;
  };
  std::map<std::string, Scatter> scatter;
  for (int e = 0; e < ensembles; ++e) {
    const auto estimates = by_name(estimate_all(gaussian_modes(e)));
    for (const auto& [name, expected] : exact) {
      auto& s = scatter[name];
      const auto& estimate = estimates.at(name);
      const double deviation = estimate.value - expected;
      s.sum += deviation;
      s.squares += deviation * deviation;
      s.error_squares += estimate.error * estimate.error;
      s.covered += std::abs(deviation) < estimate.error;
    }
  }
  for (const auto& [name, s] : scatter) {
    const double scatter2 = s.squares / ensembles - std::pow(s.sum / ensembles, 2);
    const double ratio = std::sqrt(s.error_squares / ensembles / scatter2);
    EXPECT_NEAR(ratio, 1, 4 / std::sqrt(2.0 * ensembles)) << name; // the scatter's own relative error
    EXPECT_NEAR(static_cast<double>(s.covered) / ensembles, 0.6827, 4 * std::sqrt(0.6827 * 0.3173 / ensembles)) << name;
  }
}

/// Free-field samples weighted by exp(-S'/-S) of a theory with another mass and a field.
Measurements reweighted(const Geometry& geometry, const Phi4& sampled, const Phi4& wanted, int n, std::uint64_t seed) {
  Measurements measurements{geometry, {}, {}, std::vector<double>(n * primary_count)};
  std::vector<double> configurations(n * geometry.volume()), under_sampled(measurements.values.size());
  for (int i = 0; i < n; ++i) {
    measurements.chain.push_back(i);
    measurements.trajectory.push_back(0);
    draw_free_field(geometry, sampled, Stream{seed, Purpose::free_field, static_cast<std::uint32_t>(i), 0},
                    std::span(configurations).subspan(i * geometry.volume(), geometry.volume()));
  }
  measure<double>(geometry, sampled, configurations, under_sampled);
  measure<double>(geometry, wanted, configurations, measurements.values);
  for (int i = 0; i < n; ++i)
    measurements.weight.push_back(std::exp(static_cast<double>(geometry.volume()) *
                                           (under_sampled[i * primary_count + primary::action_density] -
                                            measurements.values[i * primary_count + primary::action_density])));
  return measurements;
}

TEST(EstimateAll, WeightsMakeTheSamplesOfAnotherTheory) {
  const Geometry geometry({4, 4});
  const Phi4 sampled{.mass2 = 0.5}, wanted{.mass2 = 0.6, .field = 0.1};
  const auto measurements = reweighted(geometry, sampled, wanted, 20000, 21);
  expect_closed_forms(measurements, wanted);
  const double fraction = effective_sample_fraction(measurements);
  EXPECT_GT(fraction, 0.3);
  EXPECT_LT(fraction, 0.9);
  auto plain = measurements;
  plain.weight.clear();
  EXPECT_GT(std::abs(by_name(estimate_all(plain)).at("magnetisation").value -
                     closed_forms(geometry, wanted).at("magnetisation")),
            10 * by_name(estimate_all(plain)).at("magnetisation").error); // so that the weights matter
  for (const auto& [name, estimate, undefined] : estimate_all(measurements))
    EXPECT_NEAR(estimate.jackknife_error / estimate.error, 1, 4 * 0.0625) << name;
}

TEST(EstimateAll, EqualWeightsChangeNothing) {
  auto measurements = free_field_ensemble(Geometry({4, 4}), Phi4{.mass2 = 0.3}, 400, 40, 0.5, 22);
  const auto plain = estimate_all(measurements);
  measurements.weight.assign(400, 0.25);
  EXPECT_DOUBLE_EQ(effective_sample_fraction(measurements), 1);
  const auto weighted = estimate_all(measurements);
  for (std::size_t k = 0; k < plain.size(); ++k) {
    EXPECT_DOUBLE_EQ(weighted[k].estimate.value, plain[k].estimate.value);
    EXPECT_DOUBLE_EQ(weighted[k].estimate.error, plain[k].estimate.error);
    EXPECT_NEAR(weighted[k].estimate.jackknife_error, plain[k].estimate.jackknife_error,
                1e-10 * plain[k].estimate.error);
  }
  measurements.weight.pop_back();
  EXPECT_THROW(estimate_all(measurements), std::invalid_argument);
}

/// 68.27 % of the intervals hold the closed forms: 500 ensembles of the free field in correlated chains, and 500 whose
/// samples are weighted. Of observables that are means, whose estimates have no bias worth a share of their error.
TEST(EstimateAll, CoverageOnFreeFields) {
  constexpr int ensembles = 500;
  const Geometry geometry({4, 4});
  const Phi4 sampled{.mass2 = 0.5}, theory{.mass2 = 0.55, .field = 0.05};
  const auto exact = closed_forms(geometry, theory);
  std::map<std::string, int> covered, covered_by_weights;
  for (int e = 0; e < ensembles; ++e) {
    for (const auto& [name, estimate, undefined] :
         estimate_all(free_field_ensemble(geometry, theory, 800, 400, 0.5, 2000 + e)))
      covered[name] += std::abs(estimate.value - exact.at(name)) < estimate.error;
    for (const auto& [name, estimate, undefined] : estimate_all(reweighted(geometry, sampled, theory, 500, 1000 + e)))
      covered_by_weights[name] += std::abs(estimate.value - exact.at(name)) < estimate.error;
  }
  for (const auto& counts : {covered, covered_by_weights})
    for (const char* name : {"magnetisation", "abs_magnetisation", "magnetisation_squared", "phi2", "phi4",
                             "nearest_neighbour", "action_density"}) {
      EXPECT_GT(counts.at(name), 0.64 * ensembles) << name;
      EXPECT_LT(counts.at(name), 0.72 * ensembles) << name;
    }
}

/// The Gamma method with linear propagation and the blocked jackknife, which shares nothing with it, give one error.
TEST(EstimateAll, JackknifeAgrees) {
  const Phi4 theory{.mass2 = 0.3};
  for (const int length : {100, 5000}) { // many short chains, and four long ones
    const auto measurements = free_field_ensemble(Geometry({4, 4}), theory, 20000, length, 0.5, 16);
    for (const auto& [name, estimate, undefined] : estimate_all(measurements))
      // 128 blocks know an error to 1/sqrt(2 * 128) = 6 %, and blocks of 10 tau_int lose 5 %.
      EXPECT_NEAR(estimate.jackknife_error / estimate.error, 1, 4 * 0.0625 + 0.05) << name << " " << length;
  }
}

TEST(EstimateAll, NoJackknifeWhereBlocksWouldBeShort) {
  const auto measurements = free_field_ensemble(Geometry({4, 4}), Phi4{.mass2 = 0.3}, 400, 400, 0.9, 17);
  for (const auto& [name, estimate, undefined] :
       estimate_all(measurements)) // 400 entries are 20 tau_int of the magnetisation
    EXPECT_TRUE(std::isnan(estimate.jackknife_error)) << name;
}

TEST(EstimateAll, AGapDoesNotChangeTauInTrajectories) {
  auto measurements = free_field_ensemble(Geometry({4, 4}), Phi4{.mass2 = 0.3}, 20000, 20000, 0.8, 18);
  const auto whole = by_name(estimate_all(measurements));
  for (int i = 10000; i < 20000; ++i) // joined with a second history, independent of the first by then
    measurements.trajectory[i] += 3000;
  const auto joined = by_name(estimate_all(measurements));
  for (const auto& [name, estimate] : whole) {
    EXPECT_EQ(joined.at(name).value, estimate.value) << name;
    EXPECT_NEAR(joined.at(name).tau_int, estimate.tau_int, 0.02 * estimate.tau_int) << name; // few pairs differ
  }
}

TEST(EstimateAll, OrderOfConfigurationsIsThatOfTheChains) {
  const Phi4 theory{.mass2 = 0.3};
  const auto sorted = free_field_ensemble(Geometry({4, 4}), theory, 40, 10, 0.8, 15);
  Measurements interleaved{sorted.geometry, {}, {}, {}};
  for (int step = 0; step < 10; ++step)
    for (int chain = 0; chain < 4; ++chain) {
      const int i = 10 * chain + step;
      interleaved.chain.push_back(sorted.chain[i]);
      interleaved.trajectory.push_back(sorted.trajectory[i]);
      interleaved.values.insert(interleaved.values.end(), sorted.values.begin() + i * primary_count,
                                sorted.values.begin() + (i + 1) * primary_count);
    }
  const auto a = estimate_all(sorted), b = estimate_all(interleaved);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].estimate.value, b[i].estimate.value);
    EXPECT_EQ(a[i].estimate.error, b[i].estimate.error);
  }
}

TEST(EstimateAll, ConstantEnsembleIsFinite) {
  Measurements cold{Geometry({2, 2}), {0, 0, 0}, {1, 2, 3}, std::vector<double>(3 * primary_count)};
  for (const float level : {0.0F, 0.1F}) {
    measure<float>(cold.geometry, Phi4{}, std::vector<float>(12, level), cold.values);
    for (const auto& [name, estimate, undefined] : estimate_all(cold)) {
      if (!undefined.empty()) {
        EXPECT_TRUE(std::isnan(estimate.value)) << name;
        EXPECT_TRUE(name == "correlation_length" || (name == "binder_cumulant" && level == 0)) << name << undefined;
        continue;
      }
      EXPECT_TRUE(std::isfinite(estimate.value)) << name;
      EXPECT_EQ(estimate.error, 0) << name;
      EXPECT_EQ(estimate.tau_int, 0.5) << name;
      EXPECT_EQ(estimate.tau_int_error, 0) << name;
    }
  }
}

/// The matrix is the scatter of many ensembles of independent configurations.
TEST(Covariances, AreThoseOfManyEnsembles) {
  constexpr int ensembles = 400, n = 200;
  const Geometry geometry({4, 4});
  std::vector<std::array<double, 3>> found;
  std::vector<std::vector<double>> matrix;
  const std::array<int, 3> rows = {2, 3, 7}; // <M^2>, susceptibility, <phi^2>
  for (int e = 0; e < ensembles; ++e) {
    const auto measurements = free_field_ensemble(geometry, Phi4{.mass2 = 0.3, .field = 0.1}, n, 1, 0, 5000 + e);
    const Chains chains = split_chains(measurements.chain, measurements.trajectory);
    const auto estimates = estimate_all(measurements, chains);
    std::vector<double> errors;
    for (const auto& [name, estimate, undefined] : estimates)
      errors.push_back(estimate.error);
    matrix = covariances(Fluctuations(measurements, chains), n, errors);
    found.emplace_back();
    for (int i = 0; i < 3; ++i) {
      found.back()[i] = estimates[rows[i]].estimate.value;
      EXPECT_NEAR(std::sqrt(matrix[rows[i]][rows[i]]), errors[rows[i]], 1e-12 * errors[rows[i]]);
    }
  }
  const auto moment = [&](int i, int j) {
    double a = 0, b = 0, ab = 0;
    for (const auto& of : found) {
      a += of[i];
      b += of[j];
      ab += of[i] * of[j];
    }
    return ab / ensembles - a * b / ensembles / ensembles;
  };
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < i; ++j) {
      const double expected = moment(i, j) / std::sqrt(moment(i, i) * moment(j, j));
      const double correlation =
          matrix[rows[i]][rows[j]] / std::sqrt(matrix[rows[i]][rows[i]] * matrix[rows[j]][rows[j]]);
      EXPECT_NEAR(correlation, expected, 4 * (1 / std::sqrt(ensembles) + 1 / std::sqrt(n)) * 0.7) << i << j;
      EXPECT_GT(correlation, 0.1);
    }
}

TEST(EstimateAll, AnErrorOfOneThreadArrives) {
  const auto measurements = free_field_ensemble(Geometry({4, 4}), Phi4{.mass2 = 0.3}, 40, 10, 0.8, 16);
  Chains chains = split_chains(measurements.chain, measurements.trajectory);
  chains.lengths.back() += 1; // found where each observable is worked on
  EXPECT_THROW(estimate_all(measurements, chains), std::invalid_argument);
}

TEST(EstimateAll, RefusesBadInput) {
  Measurements measurements{Geometry({2, 2}), {0, 0}, {1, 2}, std::vector<double>(2 * primary_count)};
  EXPECT_NO_THROW(estimate_all(measurements));
  measurements.values[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(estimate_all(measurements), std::invalid_argument);
  measurements.values.resize(primary_count);
  EXPECT_THROW(estimate_all(measurements), std::invalid_argument);
  EXPECT_THROW(estimate_all({Geometry({2, 2}), {0}, {1}, std::vector<double>(primary_count)}), std::invalid_argument);
}

} // namespace
} // namespace stint
