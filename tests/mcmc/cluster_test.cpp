// Cluster sweeps: the fast one against the plain one, both against the enumerated law of the signs, and HMC with sweeps
// against HMC alone.

#include "analysis/estimate.hpp"
#include "lattice/action.hpp"
#include "lattice/random.hpp"
#include "mcmc/cluster.hpp"
#include "mcmc/cluster_reference.hpp"
#include "mcmc/markov_chains.hpp"

#include <gtest/gtest.h>

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace stint {
namespace {

constexpr std::uint64_t seed = 0xfedcba9876543210;

template<class Real> std::vector<const Kernels<Real>*> supported() {
  const auto list = supported_kernels<Real>();
  return {list.entries, list.entries + list.count};
}

/// A group whose lanes hold normal numbers of width 1/2: typical bond probabilities are near 1/2.
template<class Real> AlignedArray<Real> hot_group(std::int64_t volume) {
  AlignedArray<Real> phi(volume * lanes);
  std::vector<Real> draws(volume * lanes);
  Stream{seed, Purpose::start, 0, 0}.normals(draws);
  for (std::int64_t i = 0; i < volume * lanes; ++i)
    phi.data()[i] = draws[i] / 2;
  return phi;
}

template<class Real> class ClusterSweepIn : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(ClusterSweepIn, Precisions);

TYPED_TEST(ClusterSweepIn, FlipsTheSignsThatTheReferenceFlips) {
  constexpr std::uint32_t first_chain = 4294967200, trajectory = 5;
  for (const auto* kernels : supported<TypeParam>())
    for (const std::string lattice : {"2", "3", "37", "2x2", "3x5", "2x9", "9x2", "40x33", "2x2x2", "3x5x4", "7x2x3",
                                      "2x2x2x2", "3x2x4x5", "5x4x3x2"})
      for (const double field : {0., 0.3, -0.4}) {
        SCOPED_TRACE(kernels->name + (" on " + lattice) + ", h = " + std::to_string(field));
        const Geometry geometry = Geometry::parse(lattice);
        const Phi4 theory{.lambda = 1, .field = field};
        const std::int64_t volume = geometry.volume();
        const AlignedArray<TypeParam> start = hot_group<TypeParam>(volume), phi = hot_group<TypeParam>(volume);
        ClusterScratch scratch(geometry);
        const ClusterSweep<TypeParam> cluster_sweep(geometry, theory.field, *kernels);
        for (const int sweep : {0, 1, 2})
          cluster_sweep(seed, first_chain, trajectory, sweep, phi.data(), scratch);
        std::int64_t flipped = 0;
        for (int lane = 0; lane < lanes; ++lane) {
          std::vector<TypeParam> expected(volume), values(volume);
          for (std::int64_t x = 0; x < volume; ++x) {
            expected[x] = start.data()[x * lanes + lane];
            values[x] = phi.data()[x * lanes + lane];
            flipped += expected[x] != values[x];
          }
          for (const int sweep : {0, 1, 2})
            reference_cluster_sweep<TypeParam>(geometry, theory, seed, first_chain + lane, trajectory, sweep, expected);
          ASSERT_EQ(values, expected) << "lane " << lane;
        }
        EXPECT_GT(flipped, volume * lanes / 4);
        EXPECT_LT(flipped, volume * lanes * 3 / 4);
      }
}

TYPED_TEST(ClusterSweepIn, RefusesASweepWithoutRandomNumbers) {
  const Geometry geometry({4, 4});
  ClusterScratch scratch(geometry);
  const auto phi = hot_group<TypeParam>(geometry.volume());
  const ClusterSweep<TypeParam> cluster_sweep(geometry, 0);
  const auto last = (std::int64_t{1} << 32) / ClusterSweep<TypeParam>::blocks_per_sweep(geometry) - 1;
  EXPECT_NO_THROW(cluster_sweep(seed, 0, 0, static_cast<int>(last), phi.data(), scratch));
  EXPECT_THROW(cluster_sweep(seed, 0, 0, static_cast<int>(last + 1), phi.data(), scratch), std::invalid_argument);
  EXPECT_THROW(cluster_sweep(seed, 0, 0, -1, phi.data(), scratch), std::invalid_argument);
}

/// The law of the signs on a lattice of few sites with fixed |phi|; bit x of a state is set where phi_x < 0.
struct SignLaw {
  Geometry geometry;
  Phi4 theory;
  std::vector<double> magnitude, weight; // weight: of the 2^V states, sums to 1

  SignLaw(const std::string& lattice, double field)
      : geometry(Geometry::parse(lattice)), theory{.mass2 = -1, .lambda = 0.7, .field = field},
        magnitude(geometry.volume()), weight(std::size_t{1} << geometry.volume()) {
    for (std::size_t x = 0; x < magnitude.size(); ++x)
      magnitude[x] = 0.35 + 0.3 * static_cast<double>(x * 5 % 7) / 6;
    std::vector<double> phi(magnitude.size());
    double sum = 0;
    for (std::size_t state = 0; state < weight.size(); ++state) {
      for (std::size_t x = 0; x < phi.size(); ++x)
        phi[x] = state >> x & 1 ? -magnitude[x] : magnitude[x];
      weight[state] = std::exp(-action<double>(geometry, theory, phi));
      sum += weight[state];
    }
    for (double& w : weight)
      w /= sum;
  }
};

/// Puts states into the lanes of a group, and reads them.
template<class Real> struct SignGroup {
  const SignLaw& law;
  AlignedArray<Real> phi;
  explicit SignGroup(const SignLaw& of) : law(of), phi(law.geometry.volume() * lanes) {}

  void set(int lane, std::size_t state) {
    for (std::size_t x = 0; x < law.magnitude.size(); ++x)
      phi.data()[x * lanes + lane] = static_cast<Real>(state >> x & 1 ? -law.magnitude[x] : law.magnitude[x]);
  }
  std::size_t state(int lane) const {
    std::size_t state = 0;
    for (std::size_t x = 0; x < law.magnitude.size(); ++x)
      state |= std::size_t{phi.data()[x * lanes + lane] < 0} << x;
    return state;
  }
};

/// A chi-square of k degrees of freedom as a standard normal (Wilson & Hilferty, doi:10.1073/pnas.17.12.684).
double as_normal(double chi_square, int k) {
  return (std::cbrt(chi_square / k) - (1 - 2. / (9 * k))) / std::sqrt(2. / (9 * k));
}

/// How far independent draws lie from a law; states of few expected counts are taken together.
double z_of_counts(const std::vector<double>& counts, const std::vector<double>& weight) {
  double total = 0, chi_square = 0, few = 0, few_expected = 0;
  for (const double count : counts)
    total += count;
  int terms = 0;
  const auto add = [&](double count, double expected) {
    chi_square += (count - expected) * (count - expected) / expected;
    ++terms;
  };
  for (std::size_t state = 0; state < counts.size(); ++state)
    if (weight[state] * total >= 20)
      add(counts[state], weight[state] * total);
    else
      few += counts[state], few_expected += weight[state] * total;
  if (few_expected >= 20)
    add(few, few_expected);
  return as_normal(chi_square, terms - 1);
}

const std::vector<std::string> tiny_lattices = {"2", "3", "4", "2x2", "3x2", "3x3", "2x2x2"};
const std::vector<double> fields = {0, 0.5, -0.8};

// Independent draws from the law are moved by one sweep: they must follow the law still, and go from a to b as often as
// from b to a.
TYPED_TEST(ClusterSweepIn, KeepsTheLawOfTheSignsInDetailedBalance) {
  for (const std::string& lattice : tiny_lattices)
    for (const double field : fields) {
      SCOPED_TRACE(lattice + ", h = " + std::to_string(field));
      const SignLaw law(lattice, field);
      const std::size_t states = law.weight.size();
      std::vector<double> cumulative(states);
      double sum = 0;
      for (std::size_t state = 0; state < states; ++state)
        cumulative[state] = sum += law.weight[state];
      SignGroup<TypeParam> group(law);
      ClusterScratch scratch(law.geometry);
      const ClusterSweep<TypeParam> cluster_sweep(law.geometry, law.theory.field);
      std::vector<double> after(states), moves(states * states);
      for (std::uint32_t trial = 0; trial < 20000; ++trial) {
        std::size_t from[lanes];
        for (int lane = 0; lane < lanes; ++lane) {
          const double u = Stream{seed, Purpose::start, static_cast<std::uint32_t>(lane), trial}.uniform(0) * sum;
          from[lane] = std::lower_bound(cumulative.begin(), cumulative.end(), u) - cumulative.begin();
          group.set(lane, from[lane]);
        }
        cluster_sweep(seed, 0, trial, 0, group.phi.data(), scratch);
        for (int lane = 0; lane < lanes; ++lane) {
          ++after[group.state(lane)];
          ++moves[from[lane] * states + group.state(lane)];
        }
      }
      EXPECT_LT(std::abs(z_of_counts(after, law.weight)), 4);
      double chi_square = 0;
      int pairs = 0;
      for (std::size_t a = 0; a < states; ++a)
        for (std::size_t b = 0; b < a; ++b) {
          const double there = moves[a * states + b], back = moves[b * states + a];
          if (there + back >= 20) {
            chi_square += (there - back) * (there - back) / (there + back);
            ++pairs;
          }
        }
      EXPECT_LT(std::abs(as_normal(chi_square, pairs)), 4) << pairs << " pairs";
    }
}

// From one and the same start, many sweeps.
TYPED_TEST(ClusterSweepIn, LeadsToTheLawOfTheSigns) {
  for (const std::string& lattice : tiny_lattices)
    for (const double field : fields) {
      SCOPED_TRACE(lattice + ", h = " + std::to_string(field));
      const SignLaw law(lattice, field);
      SignGroup<TypeParam> group(law);
      ClusterScratch scratch(law.geometry);
      const ClusterSweep<TypeParam> cluster_sweep(law.geometry, law.theory.field);
      std::vector<double> counts(law.weight.size());
      for (std::uint32_t trial = 0; trial < 4000; ++trial) {
        for (int lane = 0; lane < lanes; ++lane)
          group.set(lane, 1);
        for (int sweep = 0; sweep < 25; ++sweep)
          cluster_sweep(seed, 16, trial, sweep, group.phi.data(), scratch);
        for (int lane = 0; lane < lanes; ++lane)
          ++counts[group.state(lane)];
      }
      EXPECT_LT(std::abs(z_of_counts(counts, law.weight)), 4);
    }
}

/// All observables of `chains` chains over `updates` updates, by name.
std::map<std::string, Estimate> run(const Geometry& geometry, const Phi4& theory, const UpdateSettings& settings,
                                    int chains, int thermalisation, int updates) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1); // tests that run side by side would else wait for each other's cores after every update
  MarkovChains<float> ensemble(geometry, theory, settings, 51, 0, chains);
  ensemble.start_hot();
  std::vector<TrajectoryInfo> info(chains);
  std::vector<float> configurations(chains * geometry.volume());
  Measurements measurements{geometry, {}, {}, {}};
  for (int update = -thermalisation; update < updates; ++update) {
    ensemble.advance(info);
    if (update < 0)
      continue;
    ensemble.configurations(configurations);
    std::vector<double> values(static_cast<std::size_t>(chains) * primary_count);
    measure<float>(geometry, theory, configurations, values);
    for (int chain = 0; chain < chains; ++chain) {
      EXPECT_NEAR(info[chain].magnetisation, values[chain * primary_count + primary::magnetisation], 1e-5);
      EXPECT_NEAR(info[chain].action / static_cast<double>(geometry.volume()),
                  values[chain * primary_count + primary::action_density], 1e-5);
      measurements.chain.push_back(chain);
      measurements.trajectory.push_back(update);
    }
    measurements.values.insert(measurements.values.end(), values.begin(), values.end());
  }
  std::map<std::string, Estimate> estimates;
  for (const auto& [name, estimate, undefined] : estimate_all(measurements))
    estimates[name] = estimate;
  omp_set_num_threads(threads);
  return estimates;
}

// Signs from sweeps and sizes from HMC give the law of HMC alone; without a field, in a weak and in a strong one.
TEST(HmcWithClusterSweeps, SamplesTheLawOfHmc) {
  const HmcSettings hmc{.step_size = 0.1, .steps = 10};
  for (const std::string lattice : {"8x8", "5x6x4"})
    for (const double field : {0., 0.02, -0.4}) {
      SCOPED_TRACE(lattice + ", h = " + std::to_string(field));
      const Geometry geometry = Geometry::parse(lattice);
      const Phi4 theory{.mass2 = -4, .lambda = geometry.dimensions() == 2 ? 4.572 : 7., .field = field};
      const auto alone = run(geometry, theory, {.hmc = hmc}, 64, 500, 3000);
      const auto with_sweeps = run(geometry, theory, {.hmc = hmc, .cluster_sweeps = 1}, 64, 100, 2000);
      ASSERT_EQ(alone.size(), with_sweeps.size());
      for (const auto& [name, a] : alone) {
        const Estimate& b = with_sweeps.at(name);
        EXPECT_LT(std::abs(a.value - b.value), 4 * std::hypot(a.error, b.error))
            << name << ": " << a.value << " +- " << a.error << " and " << b.value << " +- " << b.error;
      }
    }
}

// The reference point, where tau_int of M is 283(11) trajectories for HMC alone. Values of HMC alone, 14 million
// trajectories of 33 steps of 0.06 (length 2): errors in the last digits as given.
TEST(HmcWithClusterSweeps, DecorrelatesTheReferencePoint) {
  const auto estimates = run(Geometry({32, 32}), {.mass2 = -4, .lambda = 4.572}, {.cluster_sweeps = 1}, 64, 300, 1500);
  for (const char* name : {"magnetisation", "abs_magnetisation", "magnetisation_squared"}) {
    const Estimate& estimate = estimates.at(name);
    EXPECT_LT(estimate.tau_int + 4 * estimate.tau_int_error, 5) << name;
  }
  EXPECT_LT(std::abs(estimates.at("magnetisation").value), 4 * estimates.at("magnetisation").error);
  const struct {
    const char* name;
    double value, error;
  } known[] = {{"abs_magnetisation", 0.131297, 0.000142},
               {"susceptibility_disconnected", 25.4393, 0.0468},
               {"binder_cumulant", 0.248500, 0.000792},
               {"phi2", 0.256526, 0.000009},
               {"phi4", 0.119245, 0.000006},
               {"nearest_neighbour", 0.147593, 0.000015},
               {"action_density", -0.045183, 0.000032},
               {"correlation_length", 8.0067, 0.0138}};
  for (const auto& [name, value, error] : known) {
    const Estimate& estimate = estimates.at(name);
    EXPECT_LT(std::abs(estimate.value - value), 4 * std::hypot(estimate.error, error))
        << name << ": " << estimate.value << " +- " << estimate.error << " where " << value << " is known";
  }
}

} // namespace
} // namespace stint
