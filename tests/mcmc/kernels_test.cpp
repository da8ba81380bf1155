// The kernels of every instruction set that this machine has, against the plain loops.

#include "lattice/action.hpp"
#include "lattice/random.hpp"
#include "mcmc/aligned_array.hpp"
#include "mcmc/reference.hpp"
#include "mcmc/tiled_dynamics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace stint {
namespace {

const Phi4 theory{.mass2 = -1, .lambda = 0.8, .field = 0.3, .quadratic = 0.2};
/// A trajectory of length 0.72 with 9 force evaluations or a few more.
const std::vector<HmcSettings> all_settings = {{.step_size = 0.08, .steps = 9},
                                               {.step_size = 0.144, .steps = 5, .integrator = Integrator::omelyan},
                                               {.step_size = 0.36, .steps = 2, .integrator = Integrator::omelyan4}};
std::vector<Stage> stages_of(const HmcSettings& settings) {
  return trajectory_stages(settings.integrator, settings.step_size, settings.steps);
}
const HmcSettings& leapfrog = all_settings[0];
const std::vector<std::string> lattices = {"2",     "3",     "37",    "2x2",   "3x5",     "2x9",     "9x2",
                                           "40x33", "2x2x2", "3x5x4", "7x2x3", "2x2x2x2", "3x2x4x5", "5x4x3x2"};

/// One group's phase space, and room to move.
template<class Real> struct Group {
  explicit Group(const Geometry& geometry)
      : volume(geometry.volume()), phi(volume * lanes), pi(volume * lanes), first(volume * lanes),
        second(volume * lanes) {}

  std::vector<double> lane(const Real* field, int lane) const {
    std::vector<double> values(volume);
    for (std::int64_t x = 0; x < volume; ++x)
      values[x] = field[x * lanes + lane];
    return values;
  }

  Workspace<Real> workspace() { return {pi.data(), first.data(), second.data()}; }

  std::int64_t volume;
  AlignedArray<Real> phi, pi, first, second;
};

template<class Real> LaneStreams streams(Purpose purpose) {
  return {.seed = 0x123456789abcdef,
          .purpose = static_cast<std::uint32_t>(purpose),
          .first_chain = 4294967200,
          .trajectory = 77};
}

template<class Real> Group<Real> start(const Geometry& geometry, const Kernels<Real>& kernels) {
  Group<Real> group(geometry);
  kernels.normals(streams<Real>(Purpose::start), 0, group.volume, group.phi.data());
  kernels.normals(streams<Real>(Purpose::momenta), 0, group.volume, group.pi.data());
  return group;
}

template<class Real> struct Run {
  Group<Real> group;
  Proposal<Real> proposal;
};
template<class Real>
Run<Real> run(const Geometry& geometry, const HmcSettings& settings, const Kernels<Real>& kernels) {
  Run<Real> run{start(geometry, kernels), {}};
  run.proposal = TiledDynamics<Real>(LatticePass<Real>(geometry, theory, kernels))
                     .move(stages_of(settings), run.group.phi.data(), run.group.workspace());
  return run;
}

template<class Real> class KernelsOf : public testing::Test {
protected:
  static constexpr double epsilon = std::numeric_limits<Real>::epsilon();
  static std::vector<const Kernels<Real>*> supported() {
    const auto list = supported_kernels<Real>();
    return {list.entries, list.entries + list.count};
  }
};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(KernelsOf, Precisions);

TYPED_TEST(KernelsOf, DrawTheNormalsOfTheirStreams) {
  for (const auto* kernels : this->supported())
    for (const std::int64_t sites : {1, 2, 3, 4, 5, 7, 20000}) {
      SCOPED_TRACE(std::string(kernels->name) + ", " + std::to_string(sites) + " sites");
      AlignedArray<TypeParam> draws(sites * lanes);
      const LaneStreams keys = streams<TypeParam>(Purpose::momenta);
      kernels->normals(keys, 0, sites, draws.data());
      std::vector<TypeParam> expected(sites);
      double worst = 0;
      for (int lane = 0; lane < lanes; ++lane) {
        Stream{keys.seed, Purpose::momenta, keys.first_chain + lane, keys.trajectory}.normals(expected);
        for (std::int64_t x = 0; x < sites; ++x)
          worst = std::max(worst, std::abs(static_cast<double>(draws.data()[x * lanes + lane]) - expected[x]));
      }
      for (std::int64_t first = 0; first < std::min<std::int64_t>(sites, 6); ++first) { // any part gives the same bits
        AlignedArray<TypeParam> part(2 * lanes);
        const std::int64_t count = std::min<std::int64_t>(2, sites - first);
        kernels->normals(keys, first, count, part.data());
        EXPECT_TRUE(std::equal(part.data(), part.data() + count * lanes, draws.data() + first * lanes));
      }
      // The rounding of the reference's angle, up to 2 pi, times the largest radius, about 6.
      EXPECT_LT(worst, 20 * this->epsilon);
    }
}

TYPED_TEST(KernelsOf, MoveLikeTheReference) {
  for (const auto* kernels : this->supported())
    for (const HmcSettings& settings : all_settings)
      for (const std::string& lattice : lattices) {
        SCOPED_TRACE(kernels->name + (" on " + lattice));
        const Geometry geometry = Geometry::parse(lattice);
        const Group<TypeParam> before = start(geometry, *kernels);
        const Run<TypeParam> after = run(geometry, settings, *kernels);
        double worst = 0, worst_energy = 0;
        for (int lane = 0; lane < lanes; ++lane) {
          std::vector<double> phi = before.lane(before.phi.data(), lane), pi = before.lane(before.pi.data(), lane);
          const auto compare_energies = [&](const Energies& energies) {
            const double kinetic = std::inner_product(pi.begin(), pi.end(), pi.begin(), 0.0) / 2;
            const double field = std::accumulate(phi.begin(), phi.end(), 0.0);
            double fourth = 0;
            for (const double value : phi)
              fourth += std::pow(value, 4);
            for (const double difference :
                 {energies.action[lane] - action<double>(geometry, theory, phi), energies.kinetic[lane] - kinetic,
                  energies.sum_phi[lane] - field, energies.virial_terms[lane] - fourth})
              worst_energy = std::max(worst_energy, std::abs(difference));
          };
          compare_energies(after.proposal.start);
          reference_dynamics(geometry, theory, settings, phi, pi);
          compare_energies(after.proposal.end);
          const auto fast_phi = before.lane(after.proposal.phi, lane),
                     fast_pi = before.lane(after.group.pi.data(), lane);
          for (std::int64_t x = 0; x < geometry.volume(); ++x)
            worst = std::max({worst, std::abs(fast_phi[x] - phi[x]), std::abs(fast_pi[x] - pi[x])});
          ASSERT_EQ(before.lane(before.phi.data(), lane), before.lane(after.group.phi.data(), lane));
        }
        EXPECT_LT(worst, 200 * this->epsilon);
        EXPECT_LT(worst_energy, 100 * this->epsilon * static_cast<double>(geometry.volume())); // terms reach 100
      }
}

TYPED_TEST(KernelsOf, MoveAlikeInAnyTiling) {
  const auto& kernels = *supported_kernels<TypeParam>().entries[0];
  for (const std::string& lattice : lattices) {
    const Geometry geometry = Geometry::parse(lattice);
    TiledDynamics<TypeParam> dynamics(LatticePass<TypeParam>(geometry, theory, kernels));
    const auto stages = stages_of(leapfrog);
    const auto go = [&](int depth, int tile) {
      dynamics.set_tiling({depth, tile});
      Run<TypeParam> result{start(geometry, kernels), {}};
      std::fill_n(result.group.pi.data(), geometry.volume() * lanes, std::numeric_limits<TypeParam>::quiet_NaN());
      const LaneStreams momenta = streams<TypeParam>(Purpose::momenta);
      result.proposal = dynamics.propose(stages, momenta, result.group.phi.data(), result.group.workspace());
      return result;
    };
    const Run<TypeParam> plain = go(1, 0);
    const double close = 100 * this->epsilon * static_cast<double>(geometry.volume());
    for (const int depth : {1, 2, 5, 100})
      for (const int tile : {0, 1, 2, 3, 8, 50}) {
        SCOPED_TRACE(lattice + ", depth " + std::to_string(depth) + ", tile " + std::to_string(tile));
        const Run<TypeParam> tiled = go(depth, tile);
        const std::size_t bytes = geometry.volume() * lanes * sizeof(TypeParam);
        ASSERT_EQ(std::memcmp(tiled.proposal.phi, plain.proposal.phi, bytes), 0);
        ASSERT_EQ(std::memcmp(tiled.group.pi.data(), plain.group.pi.data(), bytes), 0);
        for (int lane = 0; lane < lanes; ++lane) {
          EXPECT_NEAR(tiled.proposal.start.action[lane], plain.proposal.start.action[lane], close);
          EXPECT_NEAR(tiled.proposal.end.action[lane], plain.proposal.end.action[lane], close);
          EXPECT_NEAR(tiled.proposal.end.kinetic[lane], plain.proposal.end.kinetic[lane], close);
        }
      }
  }
}

TYPED_TEST(KernelsOf, MoveOneChainInBlocksLikeManyChains) {
  for (const auto* kernels : this->supported())
    for (const std::string lattice :
         {"64", "128", "2x64", "5x192", "2x16x4", "3x48x4", "2x2x16x4", "3x2x32x6", "2x5x16x8"}) {
      SCOPED_TRACE(kernels->name + (" on " + lattice));
      const Geometry geometry = Geometry::parse(lattice);
      TiledDynamics<TypeParam> many(LatticePass<TypeParam>(geometry, theory, *kernels)),
          one(LatticePass<TypeParam>(geometry, theory, *kernels, LaneUse::blocks));
      const LaneLayout& layout = one.pass().layout();
      Group<TypeParam> chains = start(geometry, *kernels), blocks(geometry);
      const LaneStreams momenta = streams<TypeParam>(Purpose::momenta);
      const auto expected = many.propose(stages_of(leapfrog), momenta, chains.phi.data(), chains.workspace());
      one.pass().draw(streams<TypeParam>(Purpose::start), one.pass().whole(), blocks.phi.data());
      for (const auto& [depth, tile] : {std::pair{1, 0}, {3, 0}, {100, 0}, {4, 1}, {100, 3}}) {
        one.set_tiling({depth, tile});
        const auto got = one.propose(stages_of(leapfrog), momenta, blocks.phi.data(), blocks.workspace());
        for (std::int64_t x = 0; x < geometry.volume(); ++x) {
          ASSERT_EQ(blocks.phi.data()[layout.index(x, 0)], chains.phi.data()[x * lanes]) << x;
          ASSERT_EQ(got.phi[layout.index(x, 0)], expected.phi[x * lanes]) << x;
          ASSERT_EQ(blocks.pi.data()[layout.index(x, 0)], chains.pi.data()[x * lanes]) << x;
        }
        const double close = 100 * this->epsilon * static_cast<double>(geometry.volume());
        const ChainEnergies energies(got.end, LaneUse::blocks, 0), reference(expected.end, LaneUse::chains, 0);
        EXPECT_NEAR(energies.action, reference.action, close);
        EXPECT_NEAR(energies.kinetic, reference.kinetic, close);
        EXPECT_NEAR(energies.sum_phi, reference.sum_phi, close);
        EXPECT_NEAR(energies.virial_terms, reference.virial_terms, close);
      }
    }
}

TYPED_TEST(KernelsOf, MoveBackToTheStart) {
  for (const auto* kernels : this->supported())
    for (const HmcSettings& settings : all_settings) {
      SCOPED_TRACE(kernels->name);
      const Geometry geometry({6, 7});
      const Group<TypeParam> before = start(geometry, *kernels);
      Run<TypeParam> there = run(geometry, settings, *kernels);
      Group<TypeParam> back(geometry);
      for (std::int64_t i = 0; i < back.volume * lanes; ++i)
        back.pi.data()[i] = -there.group.pi.data()[i];
      const auto home = TiledDynamics<TypeParam>(LatticePass<TypeParam>(geometry, theory, *kernels))
                            .move(stages_of(settings), there.proposal.phi, back.workspace());
      for (std::int64_t i = 0; i < back.volume * lanes; ++i) {
        ASSERT_NEAR(home.phi[i], before.phi.data()[i], 200 * this->epsilon);
        ASSERT_NEAR(back.pi.data()[i], -before.pi.data()[i], 400 * this->epsilon);
      }
    }
}

TYPED_TEST(KernelsOf, FusedMultiplyAddGivesTheSameBitsEverywhere) {
  const auto supported = this->supported();
  if (supported.size() < 3)
    GTEST_SKIP() << "this machine has fewer than two instruction sets with fused multiply-add";
  for (const std::string& lattice : lattices) {
    const Geometry geometry = Geometry::parse(lattice);
    const auto one = run(geometry, leapfrog, *supported[0]), other = run(geometry, leapfrog, *supported[1]);
    for (int lane = 0; lane < lanes; ++lane) {
      ASSERT_EQ(one.group.lane(one.proposal.phi, lane), one.group.lane(other.proposal.phi, lane)) << lattice;
      ASSERT_EQ(one.proposal.start.action[lane], other.proposal.start.action[lane]) << lattice;
      ASSERT_EQ(one.proposal.end.action[lane], other.proposal.end.action[lane]) << lattice;
      ASSERT_EQ(one.proposal.end.kinetic[lane], other.proposal.end.kinetic[lane]) << lattice;
    }
  }
}

TYPED_TEST(KernelsOf, SelectTheLanesThatAccepted) {
  for (const auto* kernels : this->supported()) {
    constexpr int sites = 3;
    AlignedArray<TypeParam> proposal(sites * lanes), phi(sites * lanes);
    std::fill_n(proposal.data(), sites * lanes, TypeParam{1});
    std::fill_n(phi.data(), sites * lanes, TypeParam{0});
    const std::uint32_t accepted = 0b1000'0001'0110'1010;
    kernels->select(accepted, sites, proposal.data(), phi.data());
    for (int i = 0; i < sites * lanes; ++i)
      EXPECT_EQ(phi.data()[i], accepted >> i % lanes & 1) << kernels->name;
  }
}

} // namespace
} // namespace stint
