// HMC samples exp(-S): against closed forms, a transfer matrix, and the acceptance of the reference run. Chains are
// independent, so errors come from the spread of the chains' means.

#include "lattice/free_field.hpp"
#include "mcmc/markov_chains.hpp"
#include "tests/lattice/configuration_moments.hpp"
#include "tests/lattice/independent_mean.hpp"

#include <gtest/gtest.h>

#include <omp.h>

#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace stint {
namespace {

/// One thread: tests that run side by side would else spend their time waiting for each other's cores after every
/// trajectory.
template<class Real> class HmcIn : public testing::Test {
protected:
  HmcIn() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~HmcIn() override { omp_set_num_threads(threads_); }

private:
  int threads_;
};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(HmcIn, Precisions);

/// Runs `measure(chain, configuration, info)` on every chain after each of `measurements` blocks of `spacing`
/// trajectories.
template<class Real, class Measure>
void measure_chains(MarkovChains<Real>& ensemble, const Geometry& geometry, int thermalisation, int measurements,
                    int spacing, Measure measure) {
  std::vector<TrajectoryInfo> info(ensemble.chains());
  std::vector<Real> configurations(ensemble.chains() * geometry.volume());
  for (int i = 0; i < thermalisation; ++i)
    ensemble.advance(info);
  for (int i = 0; i < measurements; ++i) {
    for (int j = 0; j < spacing; ++j)
      ensemble.advance(info);
    ensemble.configurations(configurations);
    for (std::int64_t chain = 0; chain < ensemble.chains(); ++chain)
      measure(chain, std::span<const Real>(configurations).subspan(chain * geometry.volume(), geometry.volume()),
              info[chain]);
  }
}

/// Whether the law of every kind of update is that of the free field.
template<class Real> void expect_free_field(const std::string& lattice, UpdateSettings update, int chains) {
  SCOPED_TRACE(lattice);
  const Phi4 free{.mass2 = 0.7, .field = 0.3, .quadratic = 0.2};
  const Geometry geometry = Geometry::parse(lattice);
  const int measurements = 12;
  // A mode of frequency w that a trajectory of length T turns by w T = pi keeps its modulus for ever. Three steps of
  // 0.9 over the highest frequency, sqrt(2 (mass2 - quadratic + 4d)), keep every mode of these lattices away from
  // that.
  const double step_size = 0.9 / std::sqrt(2 * (0.5 + 4 * geometry.dimensions()));
  update.hmc.step_size *= step_size;
  MarkovChains<Real> ensemble(geometry, free, update, 41, 0, chains);
  ensemble.start_hot(0.45); // from far off the large steps would accept nothing
  enum { magnetisation, magnetisation_squared, phi2, nearest_neighbour, action_density, virial, acceptance, count };
  std::vector<std::array<double, count>> sums(chains);
  measure_chains(ensemble, geometry, 100, measurements, 5,
                 [&](std::int64_t chain, std::span<const Real> phi, const TrajectoryInfo& info) {
                   const auto moments = moments_of(geometry, phi);
                   EXPECT_NEAR(info.magnetisation, moments.magnetisation, 1e-5);
                   const double values[count] = {moments.magnetisation,
                                                 moments.magnetisation * moments.magnetisation,
                                                 moments.phi2,
                                                 moments.nearest_neighbour,
                                                 info.action / static_cast<double>(geometry.volume()),
                                                 info.virial,
                                                 static_cast<double>(info.accepted)};
                   for (int i = 0; i < count; ++i)
                     sums[chain][i] += values[i] / measurements;
                 });
  const auto exact = free_field_moments(geometry, free);
  const double truth[] = {exact.magnetisation,     exact.magnetisation_squared, exact.phi2,
                          exact.nearest_neighbour, exact.action_density,        1};
  for (int i = 0; i < acceptance; ++i) {
    IndependentMean mean;
    for (const auto& sum : sums)
      mean.add(sum[i]);
    EXPECT_LT(std::abs(mean.z(truth[i])), 4)
        << "observable " << i << ": " << mean.value() << " +- " << mean.error() << " where " << truth[i] << " is exact";
  }
  double accepted = 0;
  for (const auto& sum : sums)
    accepted += sum[acceptance] / chains;
  EXPECT_LT(accepted, 0.95) << "the acceptance step is hardly tested";
}

TYPED_TEST(HmcIn, SamplesTheFreeField) {
  for (const std::string lattice : {"9", "6x5", "4x3x5", "3x4x2x3"})
    expect_free_field<TypeParam>(lattice, {.hmc = {.step_size = 1, .steps = 3}}, 2048);
}

TYPED_TEST(HmcIn, SamplesTheFreeFieldWithEveryKindOfUpdate) {
  // Step sizes in units of that of the test before, so large that a good part is rejected; jitter lets no mode turn by
  // pi for ever.
  const std::vector<std::pair<std::string, UpdateSettings>> runs = {
      {"6x5", {.hmc = {.step_size = 2.2, .steps = 2, .integrator = Integrator::omelyan, .jitter = 0.2}}},
      {"6x5", {.hmc = {.step_size = 4.5, .steps = 1, .integrator = Integrator::omelyan4, .jitter = 0.1}}},
      {"6x5", {.hmc = {.step_size = 1, .steps = 2, .jitter = 0.3, .fourier_mass2 = 0.5}}},
      {"4x3x5", {.hmc = {.step_size = 1, .steps = 2, .jitter = 0.3, .fourier_mass2 = 2}}},
      {"6x5", {.hmc = {.step_size = 1, .steps = 3}, .cluster_sweeps = 1}}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    SCOPED_TRACE("update " + std::to_string(i));
    expect_free_field<TypeParam>(runs[i].first, runs[i].second, 1024);
  }
}

/// Expectation values of the chain of 4 sites from its transfer matrix
/// T(x, y) = exp(-(v(x) + v(y))/2 + 2xy), v(x) = onsite x^2 + lambda x^4 - h x, by the trapezoidal rule, which
/// converges faster than any power here.
struct FourSites {
  double phi, phi2, phi4, nearest_neighbour;
  explicit FourSites(const Phi4& theory) {
    constexpr int n = 101;
    const double range = 3.5;
    std::vector<double> x(n), t(n * n), t2(n * n), t3(n * n);
    for (int i = 0; i < n; ++i)
      x[i] = range * (2. * i / (n - 1) - 1);
    const auto v = [&](double y) { return y * (theory.onsite(1) * y + theory.lambda * y * y * y - theory.field); };
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        t[i * n + j] = std::exp(-(v(x[i]) + v(x[j])) / 2 + 2 * x[i] * x[j]);
    const auto times_t = [&](const std::vector<double>& a, std::vector<double>& product) {
      for (int i = 0; i < n; ++i)
        for (int k = 0; k < n; ++k)
          for (int j = 0; j < n; ++j)
            product[i * n + j] += a[i * n + k] * t[k * n + j];
    };
    times_t(t, t2);
    times_t(t2, t3);
    double z = 0;
    phi = phi2 = phi4 = nearest_neighbour = 0;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) {
        const double weight = t[i * n + j] * t3[j * n + i];
        z += weight;
        phi += weight * x[i];
        phi2 += weight * x[i] * x[i];
        phi4 += weight * std::pow(x[i], 4);
        nearest_neighbour += weight * x[i] * x[j];
      }
    for (double* value : {&phi, &phi2, &phi4, &nearest_neighbour})
      *value /= z;
  }
};

TYPED_TEST(HmcIn, SamplesTheChainOfFourSites) {
  const Phi4 theory{.mass2 = -2, .lambda = 1.1, .field = 0.2, .quadratic = 0.1};
  const FourSites exact(theory);
  const Geometry geometry({4});
  const std::vector<UpdateSettings> updates = {
      {.hmc = {.step_size = 0.25, .steps = 5}},
      {.hmc = {.step_size = 0.5, .steps = 3, .integrator = Integrator::omelyan, .jitter = 0.2}},
      {.hmc = {.step_size = 0.9, .steps = 2, .integrator = Integrator::omelyan4}},
      {.hmc = {.step_size = 0.2, .steps = 5, .fourier_mass2 = 1.5}},
      {.hmc = {.step_size = 0.4, .steps = 3, .integrator = Integrator::omelyan, .fourier_mass2 = 3}},
      {.hmc = {.step_size = 0.25, .steps = 5}, .cluster_sweeps = 1}};
  for (std::size_t i = 0; i < updates.size(); ++i) {
    SCOPED_TRACE("update " + std::to_string(i));
    const int chains = 4096, measurements = 20;
    MarkovChains<TypeParam> ensemble(geometry, theory, updates[i], 42, 0, chains);
    ensemble.start_hot();
    std::vector<std::array<double, 5>> sums(chains);
    double weight = 0;
    measure_chains(
        ensemble, geometry, 100, measurements, 6,
        [&](std::int64_t chain, std::span<const TypeParam> phi, const TrajectoryInfo& info) {
          const auto moments = moments_of(geometry, phi);
          double phi4 = 0;
          for (const double value : phi)
            phi4 += std::pow(value, 4) / 4;
          const double values[] = {moments.magnetisation, moments.phi2, phi4, moments.nearest_neighbour, info.virial};
          for (int j = 0; j < 5; ++j)
            sums[chain][j] += values[j] / measurements;
          weight += info.accepted ? 1 : 0;
        });
    const double truth[] = {exact.phi, exact.phi2, exact.phi4, exact.nearest_neighbour, 1};
    for (int j = 0; j < 5; ++j) {
      IndependentMean mean;
      for (const auto& sum : sums)
        mean.add(sum[j]);
      EXPECT_LT(std::abs(mean.z(truth[j])), 4) << "observable " << j << ": " << mean.value() << " +- " << mean.error()
                                               << " where " << truth[j] << " is exact";
    }
    EXPECT_LT(weight, 0.98 * chains * measurements) << "the acceptance step is hardly tested";
  }
}

/// The correlation of the magnetisation of one trajectory with the next.
IndependentMean autocorrelation(const Phi4& free, const Geometry& geometry, const HmcSettings& hmc) {
  const int chains = 1024, trajectories = 20;
  MarkovChains<float> ensemble(geometry, free, {.hmc = hmc}, 44, 0, chains);
  std::vector<double> draw(geometry.volume());
  std::vector<float> start;
  for (std::uint32_t chain = 0; chain < chains; ++chain) { // HMC alone would take thousands of trajectories
    draw_free_field(geometry, free, {.seed = 45, .purpose = Purpose::free_field, .chain = chain}, draw);
    start.insert(start.end(), draw.begin(), draw.end());
  }
  ensemble.restore(start, 0);
  std::vector<TrajectoryInfo> info(chains), last;
  ensemble.advance(info);
  std::vector<double> products(chains);
  for (int i = 0; i < trajectories; ++i) {
    last = info;
    ensemble.advance(info);
    for (int chain = 0; chain < chains; ++chain)
      products[chain] += static_cast<double>(last[chain].magnetisation) * info[chain].magnetisation / trajectories;
  }
  const double variance = free_field_moments(geometry, free).magnetisation_squared;
  IndependentMean mean;
  for (const double product : products)
    mean.add(product / variance);
  return mean;
}

// An exact trajectory of length T turns a mode of frequency w by w T: the magnetisation then forgets all but cos(w T).
TEST(FourierAcceleration, LetsTheMagnetisationOfALightFieldMoveAsFastAsTheRest) {
  const Geometry geometry({16, 16});
  const Phi4 free{.mass2 = 0.01};
  const double soft = std::sqrt(2 * 0.01), hard = std::sqrt(2 * (0.01 + 8));
  HmcSettings hmc{.step_size = 0.1, .steps = 3, .integrator = Integrator::omelyan4}; // accepts nearly all
  const double length = 0.3;
  const IndependentMean plain = autocorrelation(free, geometry, hmc);
  EXPECT_LT(std::abs(plain.z(std::cos(soft * length))), 4) << plain.value() << " +- " << plain.error();
  hmc.fourier_mass2 = 0.01;
  const IndependentMean accelerated = autocorrelation(free, geometry, hmc);
  EXPECT_LT(std::abs(accelerated.z(std::cos(hard * length))), 4)
      << accelerated.value() << " +- " << accelerated.error();
  EXPECT_LT(accelerated.error(), 0.02);
}

// The run of the paper's notebook (arXiv:2508.04605): acceptance 0.76565 over 2000 trajectories of 70000 chains.
TYPED_TEST(HmcIn, AcceptsAsTheReferenceRun) {
  const Geometry geometry({32, 32});
  const int chains = sizeof(TypeParam) == 4 ? 256 : 96, trajectories = 1000;
  MarkovChains<TypeParam> ensemble(geometry, {.mass2 = -4, .lambda = 4.572}, {.hmc = {.step_size = 0.07, .steps = 10}},
                                   43, 0, chains);
  ensemble.start_hot(0.1);
  std::vector<TrajectoryInfo> info(chains);
  for (int i = 0; i < 1000; ++i)
    ensemble.advance(info);
  std::vector<double> acceptance(chains), weight(chains);
  for (int i = 0; i < trajectories; ++i) {
    ensemble.advance(info);
    for (int chain = 0; chain < chains; ++chain) {
      acceptance[chain] += static_cast<double>(info[chain].accepted) / trajectories;
      weight[chain] += std::exp(-static_cast<double>(info[chain].delta_h)) / trajectories;
    }
  }
  IndependentMean mean_acceptance, mean_weight;
  for (int chain = 0; chain < chains; ++chain) {
    mean_acceptance.add(acceptance[chain]);
    mean_weight.add(weight[chain]);
  }
  EXPECT_LT(mean_acceptance.error(), 0.002);
  EXPECT_NEAR(mean_acceptance.value(), 0.7656, 0.004) << "+- " << mean_acceptance.error();
  EXPECT_LT(mean_weight.error(), 0.01);
  EXPECT_LT(std::abs(mean_weight.z(1)), 4) << "<exp(-dH)> = " << mean_weight.value() << " +- " << mean_weight.error();
}

} // namespace
} // namespace stint
