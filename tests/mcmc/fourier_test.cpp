// Fourier acceleration of a group of chains against the reference, lane by lane.

#include "lattice/action.hpp"
#include "lattice/random.hpp"
#include "mcmc/aligned_array.hpp"
#include "mcmc/fourier_dynamics.hpp"
#include "mcmc/reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace stint {
namespace {

const Phi4 theory{.mass2 = -1, .lambda = 0.8, .field = 0.3, .quadratic = 0.2};
constexpr double fourier_mass2 = 0.9;
const std::vector<std::string> lattices = {"2", "9", "16", "5x3", "4x6", "3x2x5", "2x4x4", "3x2x4x5"};

template<class Real> class FourierOf : public testing::Test {
protected:
  static constexpr double epsilon = std::numeric_limits<Real>::epsilon();

  /// A group of chains with phi and pi of their streams.
  struct Group {
    explicit Group(const Geometry& geometry)
        : volume(geometry.volume()),
          dynamics(LatticePass<Real>(geometry, theory, *supported_kernels<Real>().entries[0]), geometry, fourier_mass2),
          phi(volume * lanes), pi(volume * lanes), first(volume * lanes), second(volume * lanes),
          modes(dynamics.modes_size()) {
      dynamics.pass().kernels().normals({.seed = 6, .purpose = 0, .first_chain = 16, .trajectory = 3}, 0, volume,
                                        phi.data());
      dynamics.draw_momenta({.seed = 6, .purpose = 1, .first_chain = 16, .trajectory = 3}, workspace());
    }
    Workspace<Real> workspace() { return {pi.data(), first.data(), second.data(), modes.data()}; }
    Proposal<Real> move(const HmcSettings& settings, const Real* from) {
      return dynamics.move(trajectory_stages(settings.integrator, settings.step_size, settings.steps), from,
                           workspace());
    }
    std::vector<double> lane(const Real* field, int lane) const {
      std::vector<double> values(volume);
      for (std::int64_t x = 0; x < volume; ++x)
        values[x] = field[x * lanes + lane];
      return values;
    }

    std::int64_t volume;
    FourierDynamics<Real> dynamics;
    AlignedArray<Real> phi, pi, first, second, modes;
  };
};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(FourierOf, Precisions);

TYPED_TEST(FourierOf, MovesLikeTheReference) {
  for (const Integrator integrator : {Integrator::leapfrog, Integrator::omelyan, Integrator::omelyan4})
    for (const std::string& lattice : lattices) {
      SCOPED_TRACE(lattice);
      const Geometry geometry = Geometry::parse(lattice);
      const HmcSettings settings{
          .step_size = 0.1, .steps = 4, .integrator = integrator, .fourier_mass2 = fourier_mass2};
      typename TestFixture::Group group(geometry);
      std::vector<std::vector<double>> phi, pi;
      for (int lane = 0; lane < lanes; ++lane) {
        phi.push_back(group.lane(group.phi.data(), lane));
        pi.push_back(group.lane(group.pi.data(), lane));
      }
      const auto proposal = group.move(settings, group.phi.data());
      for (int lane = 0; lane < lanes; lane += 5) {
        const double energy_error = 200 * this->epsilon * static_cast<double>(geometry.volume());
        const auto compare = [&](const Energies& energies) {
          const double potential = action<double>(geometry, theory, phi[lane]);
          EXPECT_NEAR(energies.action[lane], potential, energy_error);
          EXPECT_NEAR(energies.kinetic[lane],
                      reference_hamiltonian(geometry, theory, settings, phi[lane], pi[lane]) - potential, energy_error);
        };
        compare(proposal.start);
        reference_dynamics(geometry, theory, settings, phi[lane], pi[lane]);
        compare(proposal.end);
        const auto fast_phi = group.lane(proposal.phi, lane), fast_pi = group.lane(group.pi.data(), lane);
        for (std::int64_t x = 0; x < geometry.volume(); ++x) {
          ASSERT_NEAR(fast_phi[x], phi[lane][x], 400 * this->epsilon);
          ASSERT_NEAR(fast_pi[x], pi[lane][x], 400 * this->epsilon);
        }
      }
    }
}

TYPED_TEST(FourierOf, MovesBackToTheStart) {
  const Geometry geometry({6, 7});
  const HmcSettings settings{.step_size = 0.08, .steps = 9, .fourier_mass2 = fourier_mass2};
  typename TestFixture::Group there(geometry), back(geometry);
  const std::vector<TypeParam> momenta(there.pi.data(), there.pi.data() + there.volume * lanes);
  const auto turn = there.move(settings, there.phi.data());
  for (std::int64_t i = 0; i < there.volume * lanes; ++i)
    back.pi.data()[i] = -there.pi.data()[i];
  const auto home = back.move(settings, turn.phi);
  for (std::int64_t i = 0; i < there.volume * lanes; ++i) {
    ASSERT_NEAR(home.phi[i], there.phi.data()[i], 400 * this->epsilon);
    ASSERT_NEAR(back.pi.data()[i], -momenta[i], 800 * this->epsilon);
  }
}

TYPED_TEST(FourierOf, KeepsLanesApart) {
  // A lane that overflows changes no bit of the others.
  const HmcSettings settings{.step_size = 0.08, .steps = 5, .fourier_mass2 = fourier_mass2};
  for (const std::string& lattice : lattices) {
    typename TestFixture::Group clean(Geometry::parse(lattice)), spoiled(Geometry::parse(lattice));
    const int bad = 6;
    spoiled.phi.data()[bad] = TypeParam(1e30);
    const auto expected = clean.move(settings, clean.phi.data()), got = spoiled.move(settings, spoiled.phi.data());
    for (int lane = 0; lane < lanes; ++lane)
      if (lane != bad) {
        ASSERT_EQ(clean.lane(expected.phi, lane), spoiled.lane(got.phi, lane)) << lattice;
        ASSERT_EQ(expected.end.kinetic[lane], got.end.kinetic[lane]) << lattice;
      }
  }
}

} // namespace
} // namespace stint
