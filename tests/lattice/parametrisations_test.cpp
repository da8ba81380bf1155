// The parametrisations of phi^4 that the literature uses.

#include "lattice/action.hpp"
#include "lattice/phi4.hpp"
#include "lattice/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace stint {
namespace {

/// The action in its three forms is one number, up to the constants that the forms leave out.
class Forms : public testing::TestWithParam<int> {
protected:
  Geometry geometry{std::vector<int>(GetParam(), 4)};
  std::vector<double> phi = [this] {
    std::vector<double> values(geometry.volume());
    Stream{.seed = 7}.normals(values);
    return values;
  }();

  template<class Term> double sum(Term term) const {
    double total = 0;
    for (std::int64_t x = 0; x < geometry.volume(); ++x) {
      double forward = 0;
      for (int mu = 0; mu < geometry.dimensions(); ++mu)
        forward += phi[geometry.neighbour(x, mu, +1)];
      total += term(phi[x], forward);
    }
    return total;
  }

  double lattice_action(const Phi4& theory, double factor) const {
    std::vector<double> scaled = phi;
    for (double& value : scaled)
      value *= factor;
    return action<double>(geometry, theory, scaled);
  }
};

TEST_P(Forms, Hopping) {
  const double kappa = 0.28, l = 0.02, d = GetParam();
  const double hopping = sum(
      [&](double p, double forward) { return -2 * kappa * p * forward + p * p + l * ((p * p - 1) * (p * p - 1) - 1); });
  EXPECT_NEAR(lattice_action(from_hopping_form(kappa, l, static_cast<int>(d)), std::sqrt(kappa)), hopping,
              1e-12 * geometry.volume());
}

TEST_P(Forms, Continuum) {
  const double mu2 = -0.5, g = 0.7, d = GetParam();
  const double continuum =
      sum([&](double p, double forward) { return d * p * p - p * forward + mu2 / 2 * p * p + g / 4 * p * p * p * p; });
  EXPECT_NEAR(lattice_action(from_continuum_form(mu2, g), 1 / std::sqrt(2)), continuum, 1e-12 * geometry.volume());
}

INSTANTIATE_TEST_SUITE_P(Couplings, Forms, testing::Values(1, 2, 3, 4));

} // namespace
} // namespace stint
