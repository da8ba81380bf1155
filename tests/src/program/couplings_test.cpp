#include "src/program/couplings.hpp"

#include "lattice/action.hpp"
#include "lattice/random.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

Phi4 couplings_of(const std::vector<std::string>& arguments, int dimensions = 2) {
  CouplingOptions couplings;
  Options options("test", "");
  couplings.declare(options);
  options.parse(arguments);
  return couplings.resolve(options, dimensions);
}

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

TEST(Couplings, TheLatticeFormIsTakenAsItIs) {
  EXPECT_EQ(couplings_of({"--mass2", "-4", "--lambda", "1", "--field", "-0.5"}),
            (Phi4{.mass2 = -4, .lambda = 1, .field = -0.5}));
}

TEST(Couplings, FormsDoNotMix) {
  EXPECT_THROW(couplings_of({"--mass2", "1", "--kappa", "0.2", "--hopping-lambda", "0.1"}), UsageError);
  EXPECT_THROW(couplings_of({"--mu2", "1", "--g", "1", "--lambda", "0.1"}), UsageError);
  EXPECT_THROW(couplings_of({"--kappa", "0.2"}), UsageError);
  EXPECT_THROW(couplings_of({"--g", "0.2"}), UsageError);
}

TEST(Couplings, RefusesTheoriesWithoutALaw) {
  EXPECT_THROW(couplings_of({"--kappa", "0", "--hopping-lambda", "0.1"}), UsageError);
  EXPECT_THROW(couplings_of({"--lambda", "-1"}), UsageError);
  EXPECT_THROW(couplings_of({"--lambda", "0"}), UsageError);
}

} // namespace
} // namespace stint
