// The chain of 8 sites, with its exact expectation values from the transfer matrix: HMC, with and without cluster
// sweeps, gives them within small errors. docs/hmc.md shows the same numbers from the program.

#include "lattice/free_field.hpp"
#include "mcmc/markov_chains.hpp"
#include "tests/lattice/independent_mean.hpp"

#include <gtest/gtest.h>

#include <omp.h>

#include <array>
#include <cmath>
#include <vector>

namespace stint {
namespace {

constexpr int sites = 8, distances = sites / 2 + 1;

struct Expectations {
  double phi2, phi4;
  double m2, m4;                   ///< <M^2>, <M^4>
  std::array<double, distances> c; ///< <phi_x phi_{x+t}>
  double binder_cumulant() const { return 1 - m4 / (3 * m2 * m2); }
};

/// Products of n x n matrices.
class Matrix {
public:
  explicit Matrix(int n) : n_(n), entries_(static_cast<std::size_t>(n) * n) {}
  double& operator()(int i, int j) { return entries_[static_cast<std::size_t>(i) * n_ + j]; }
  double operator()(int i, int j) const { return entries_[static_cast<std::size_t>(i) * n_ + j]; }
  void add_product(const Matrix& a, const Matrix& b) {
    for (int i = 0; i < n_; ++i)
      for (int k = 0; k < n_; ++k)
        for (int j = 0; j < n_; ++j)
          (*this)(i, j) += a(i, k) * b(k, j);
  }

private:
  int n_;
  std::vector<double> entries_;
};

/// Without a magnetic field. The transfer matrix T(x, y) = exp(-(v(x) + v(y))/2 + 2xy), v(x) = onsite x^2 + lambda x^4,
/// on `n` points in [-range, range]: the trapezoidal rule converges faster than any power of n here. Moments of the sum
/// of all phi are the coefficients of eps^k in the trace of (T exp(eps x))^8, a polynomial whose odd ones vanish.
Expectations transfer_matrix(const Phi4& theory, int n, double range) {
  constexpr int orders = 5;
  std::vector<double> x(n);
  for (int i = 0; i < n; ++i)
    x[i] = range * (2. * i / (n - 1) - 1);
  const auto v = [&](double y) { return y * y * (theory.onsite(1) + theory.lambda * y * y); };
  Matrix t(n);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      t(i, j) = std::exp(-(v(x[i]) + v(x[j])) / 2 + 2 * x[i] * x[j]);

  std::vector<Matrix> powers(1, t); // T, T^2, ..., T^8
  for (int k = 2; k <= sites; ++k) {
    powers.emplace_back(n);
    powers.back().add_product(powers[k - 2], t);
  }
  std::vector<Matrix> one(orders, t); // T exp(eps x)
  for (int k = 1; k < orders; ++k)
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        one[k](i, j) = one[k - 1](i, j) * x[j] / k;
  std::vector<Matrix> all = one; // doubled thrice
  for (int length = 1; length < sites; length *= 2) {
    std::vector<Matrix> doubled(orders, Matrix(n));
    for (int k = 0; k < orders; ++k)
      for (int i = 0; i <= k; ++i)
        doubled[k].add_product(all[i], all[k - i]);
    all = doubled;
  }

  std::array<double, orders> traces{};
  for (int k = 0; k < orders; ++k)
    for (int i = 0; i < n; ++i)
      traces[k] += all[k](i, i);
  Expectations result{};
  result.m2 = 2 * traces[2] / traces[0] / (sites * sites);
  result.m4 = 24 * traces[4] / traces[0] / std::pow(sites, 4);
  for (int i = 0; i < n; ++i) {
    const double weight = powers[sites - 1](i, i) / traces[0];
    result.phi2 += weight * x[i] * x[i];
    result.phi4 += weight * std::pow(x[i], 4);
    for (int j = 0; j < n; ++j)
      for (int distance = 1; distance < distances; ++distance)
        result.c[distance] += x[i] * powers[distance - 1](i, j) * x[j] * powers[sites - distance - 1](j, i) / traces[0];
  }
  result.c[0] = result.phi2;
  return result;
}

TEST(ChainOfEightSites, HasTheTransferMatrixOfTheFreeField) {
  const Phi4 free{.mass2 = 0.7};
  const Expectations found = transfer_matrix(free, 121, 6);
  const auto exact = free_field_moments(Geometry({sites}), free);
  EXPECT_NEAR(found.phi2, exact.phi2, 1e-11);
  EXPECT_NEAR(found.c[1], exact.nearest_neighbour, 1e-11);
  EXPECT_NEAR(found.m2, exact.magnetisation_squared, 1e-11);
  EXPECT_NEAR(found.binder_cumulant(), 0, 1e-11);
}

/// Averages over the 8 sites: phi^2, phi^4, M^2, M^4, C(1), ..., C(4), and the last the virial.
using Sums = std::array<double, 4 + distances>;

template<class Real> std::vector<Sums> sample(const Phi4& theory, const UpdateSettings& update) {
  const int chains = 4096, thermalisation = 100, measurements = 300;
  MarkovChains<Real> ensemble(Geometry({sites}), theory, update, 46, 0, chains);
  ensemble.start_hot();
  std::vector<TrajectoryInfo> info(chains);
  for (int i = 0; i < thermalisation; ++i)
    ensemble.advance(info);
  std::vector<Real> configurations(chains * sites);
  std::vector<Sums> sums(chains);
  for (int i = 0; i < measurements; ++i) {
    ensemble.advance(info);
    ensemble.advance(info);
    ensemble.configurations(configurations);
    for (int chain = 0; chain < chains; ++chain) {
      const Real* const phi = &configurations[chain * sites];
      Sums& sum = sums[chain];
      double total = 0;
      for (int x = 0; x < sites; ++x) {
        const double here = phi[x];
        total += here / sites;
        sum[0] += here * here / sites / measurements;
        sum[1] += here * here * here * here / sites / measurements;
        for (int distance = 1; distance < distances; ++distance)
          sum[3 + distance] += here * phi[(x + distance) % sites] / sites / measurements;
      }
      sum[2] += total * total / measurements;
      sum[3] += total * total * total * total / measurements;
      sum[3 + distances] += static_cast<double>(info[chain].virial) / measurements;
    }
  }
  return sums;
}

void expect_agreement(const std::vector<Sums>& sums, const Expectations& exact) {
  const Sums truth = {exact.phi2, exact.phi4, exact.m2, exact.m4, exact.c[1], exact.c[2], exact.c[3], exact.c[4], 1};
  for (std::size_t i = 0; i < truth.size(); ++i) {
    IndependentMean mean;
    for (const auto& sum : sums)
      mean.add(sum[i]);
    EXPECT_LT(mean.error(), 2e-3 * truth[i]);
    EXPECT_LT(std::abs(mean.z(truth[i])), 4)
        << "observable " << i << ": " << mean.value() << " +- " << mean.error() << " where " << truth[i] << " is exact";
  }
  IndependentMean binder; // U4 to first order about the truth
  for (const auto& sum : sums)
    binder.add(1 - (sum[3] / exact.m4 - 2 * sum[2] / exact.m2 + 2) * exact.m4 / (3 * exact.m2 * exact.m2));
  EXPECT_LT(std::abs(binder.z(exact.binder_cumulant())), 4) << binder.value() << " +- " << binder.error();
}

TEST(ChainOfEightSites, IsSampledWithItsExactExpectationValues) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const Phi4 theory{.mass2 = -2, .lambda = 1.1};
  const Expectations exact = transfer_matrix(theory, 101, 3.5);
  const Expectations finer = transfer_matrix(theory, 131, 4);
  EXPECT_NEAR(exact.m4, finer.m4, 1e-12);
  EXPECT_NEAR(exact.c[4], finer.c[4], 1e-12);
  // docs/hmc.md
  EXPECT_NEAR(exact.phi2, 0.61045320, 5e-9);
  EXPECT_NEAR(exact.phi4, 0.62966992, 5e-9);
  EXPECT_NEAR(exact.c[1], 0.44263692, 5e-9);
  EXPECT_NEAR(exact.c[4], 0.27128923, 5e-9);
  EXPECT_NEAR(exact.m2, 0.37868065, 5e-9);
  EXPECT_NEAR(exact.binder_cumulant(), 0.44506442, 5e-9);

  const HmcSettings leapfrog{.step_size = 0.25, .steps = 6};
  {
    SCOPED_TRACE("HMC, double");
    expect_agreement(sample<double>(theory, {.hmc = leapfrog}), exact);
  }
  {
    SCOPED_TRACE("HMC and cluster sweeps, float");
    expect_agreement(sample<float>(theory, {.hmc = leapfrog, .cluster_sweeps = 1}), exact);
  }
  omp_set_num_threads(threads);
}

} // namespace
} // namespace stint
