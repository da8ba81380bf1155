// Another action with nearest neighbours moves by the same passes: all that it needs is in its struct.

#include "lattice/action.hpp"

#include "examples/action/phi6.hpp"
#include "lattice/random.hpp"
#include "mcmc/aligned_array.hpp"
#include "mcmc/lattice_pass.hpp"
#include "mcmc/own_action.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace stint {
namespace {

using examples::Phi6;
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
    AlignedArray<TypeParam> phi(volume * lanes), pi(volume * lanes), out(volume * lanes);
    const auto& kernels = *supported_kernels<TypeParam>().entries[0];
    kernels.normals({.seed = 3}, 0, volume, phi.data());
    kernels.normals({.seed = 3, .purpose = 1}, 0, volume, pi.data());
    const std::vector<double> before(pi.data(), pi.data() + volume * lanes);
    const LatticePass<TypeParam> lattice_pass(geometry, own_action<TypeParam>(theory, geometry.dimensions()), kernels);
    Energies energies;
    auto pass = lattice_pass.prepared(phi.data(), pi.data(), kick);
    pass.before = &energies;
    pass.out = out.data();
    pass.drift = static_cast<TypeParam>(drift);
    lattice_pass(pass);
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
