// Another action with nearest neighbours moves by the same passes: all that it needs is in its struct.

#include "lattice/action.hpp"

#include "lattice/random.hpp"
#include "mcmc/aligned_array.hpp"
#include "mcmc/lattice_pass.hpp"

// Kernels of this file's own, so that its action needs no row in mcmc/actions.hpp.
#define STINT_INSTRUCTION_SET instructions_of_this_test
#include "mcmc/kernels/kick_drift.hpp"
#include "mcmc/kernels/simd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace stint {
namespace {

/// S = sum_x [ a phi^2 + c phi^6 ] - 2 sum_{x,mu} phi_x phi_{x+mu}
struct Phi6 {
  double a = 0, c = 0;

  void validate() const {}

  template<class Real> struct Site {
    Real a, c;
    struct Kick {
      Real linear, quintic, hopping;
      template<class Momentum, class Value>
      [[gnu::always_inline]] auto operator()(const Momentum& pi, const Value& phi, const Value& neighbours) const {
        const auto square = phi * phi;
        return pi + hopping * neighbours + phi * (linear + quintic * (square * square));
      }
    };
    template<class Value> [[gnu::always_inline]] Value density(const Value& phi, const Value& neighbours) const {
      const auto square = phi * phi;
      return phi * (phi * (a + c * (square * square)) - neighbours);
    }
    [[gnu::always_inline]] Kick kick(Real time) const { return {-2 * time * a, -6 * time * c, 2 * time}; }
    template<class Value> [[gnu::always_inline]] static Value virial_term(const Value& phi) {
      const auto square = phi * phi;
      return square * square * square;
    }
  };
  template<class Real> Site<Real> site(int) const { return {static_cast<Real>(a), static_cast<Real>(c)}; }
  double virial(double action, double, double sixth) const { return 2 * action + 4 * c * sixth; }
};
static_assert(Action<Phi6> && Action<Phi4>);

const Phi6 theory{.a = 1.3, .c = 0.2};

template<class Real> class SecondActionIn : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(SecondActionIn, Precisions);

TEST(SecondAction, ForceIsMinusTheGradientAndTheVirialItsProductWithPhi) {
  const Geometry geometry({3, 4});
  std::vector<double> phi(12), forces(12);
  Stream{.seed = 4}.normals(phi);
  force<double>(geometry, theory, phi, forces);
  const double step = 1e-4;
  double virial = 0, sum = 0, sixth = 0;
  for (std::size_t x = 0; x < phi.size(); ++x) {
    const double here = phi[x];
    phi[x] = here + step;
    const double above = action<double>(geometry, theory, phi);
    phi[x] = here - step;
    const double below = action<double>(geometry, theory, phi);
    phi[x] = here;
    EXPECT_NEAR(forces[x], -(above - below) / (2 * step), 1e-5);
    virial -= here * forces[x];
    sum += here;
    sixth += std::pow(here, 6);
  }
  EXPECT_NEAR(theory.virial(action<double>(geometry, theory, phi), sum, sixth), virial, 1e-10);
}

TYPED_TEST(SecondActionIn, KicksAndEnergiesAreThoseOfThePlainLoops) {
  const double epsilon = std::numeric_limits<TypeParam>::epsilon();
  const double kick = 0.3, drift = 0.2;
  for (const std::string lattice : {"5", "4x3", "3x2x4", "2x3x2x3"}) {
    SCOPED_TRACE(lattice);
    const Geometry geometry = Geometry::parse(lattice);
    const std::int64_t volume = geometry.volume();
    const auto site = theory.site<TypeParam>(geometry.dimensions());
    AlignedArray<TypeParam> phi(volume * lanes), pi(volume * lanes), out(volume * lanes);
    const auto& kernels = *supported_kernels<TypeParam>().entries[0];
    kernels.normals({.seed = 3}, 0, volume, phi.data());
    kernels.normals({.seed = 3, .purpose = 1}, 0, volume, pi.data());
    const std::vector<double> before(pi.data(), pi.data() + volume * lanes);
    const LatticePass<TypeParam> shape(geometry, Phi4{.mass2 = 1}, kernels); // of rows; its action is not used
    Energies energies;
    auto pass = shape.prepared(phi.data(), pi.data(), kick);
    pass.site = &site;
    pass.before = &energies;
    pass.out = out.data();
    pass.drift = static_cast<TypeParam>(drift);
    instructions_of_this_test::kick_drift<TypeParam, Phi6>(pass, shape.whole());
    for (int lane = 0; lane < lanes; ++lane) {
      std::vector<double> chain(volume), forces(volume);
      double sixth = 0;
      for (std::int64_t x = 0; x < volume; ++x) {
        chain[x] = phi.data()[x * lanes + lane];
        sixth += std::pow(chain[x], 6);
      }
      force<double>(geometry, theory, chain, forces);
      const double scale = *std::ranges::max_element(forces, {}, [](double f) { return std::abs(f); });
      for (std::int64_t x = 0; x < volume; ++x) {
        const std::int64_t at = x * lanes + lane;
        ASSERT_NEAR(pi.data()[at], before[at] + kick * forces[x], 20 * epsilon * (1 + std::abs(scale)));
        ASSERT_NEAR(out.data()[at], chain[x] + drift * pi.data()[at], 20 * epsilon * (1 + std::abs(scale)));
      }
      const double close = 100 * epsilon * (1 + std::abs(sixth));
      EXPECT_NEAR(energies.action[lane], action<double>(geometry, theory, chain), close);
      EXPECT_NEAR(energies.virial_terms[lane], sixth, close);
    }
  }
}

} // namespace
} // namespace stint
