// Tilted laws exp(<x, A x>/2 + <b, x>) mu1 in closed form, from the drift of mu1 alone.

#include "tests/generative/fixtures.hpp"
#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

using testing::FreeField;
using testing::law_of;
using testing::matrix_of;

const FreeField free_field{Geometry({4, 4}), {.mass2 = 0.5, .field = 0.3}};
const Geometry& lattice = free_field.lattice;

torch::Tensor pattern(double wave) { return torch::sin(wave * torch::arange(16, torch::kDouble)).reshape({4, 4}); }

struct NamedTilt {
  const char* name;
  Tilt tilt;
};

std::vector<NamedTilt> tilts() {
  const auto phat2 = free_field.law.covariance().values().reciprocal() / 2 - 0.5;
  const auto local = Operator::diagonal(Basis::site(), -0.7 * (1 + pattern(2.3)));
  const auto kinetic = Operator::diagonal(Basis::fourier(), -0.4 * phat2);
  return {{"h", {.b = torch::tensor(0.4)}},
          {"h(x)", {.b = pattern(1.1)}},
          {"k2", {.A = -0.8}},
          {"k2(x)", {.A = local}},
          {"kinetic term", {.A = kinetic}},
          {"k2(x) and h(x)", {.A = local, .b = pattern(0.6)}},
          {"kinetic term and h(x)", {.A = kinetic, .b = pattern(0.6)}}};
}

testing::AffineLaw expected(const Tilt& tilt) {
  return testing::tilted(free_field.exact, matrix_of(tilt.A, lattice),
                         tilt.b.expand({4, 4}).flatten().to(torch::kDouble));
}

TEST(Tilt, OfTheFreeFieldEndsInTheClosedForm) {
  for (const auto& [name, tilt] : tilts()) {
    const auto drift = free_field.drift(tilt);
    const auto error = [&, &the_tilt = tilt](const SolverOptions& solver, const Schedule& schedule) {
      return free_field.error(law_of(drift, lattice, generation(), schedule, solver), expected(the_tilt));
    };
    EXPECT_LT(error({.method = Method::rk4}, Schedule::uniform(24)), 1e-5) << name;
    EXPECT_LT(error({}, testing::log_ratio(32)), error({}, testing::log_ratio(16)) / 4) << name;
    EXPECT_LT(error({.method = Method::sde2}, testing::log_ratio(32)),
              error({.method = Method::sde2}, testing::log_ratio(16)) / 4)
        << name;
  }
}

TEST(Tilt, OfTheFreeFieldIsTheTheoryOfOtherCouplings) {
  const double h = 0.4, k2 = -0.35;
  const auto found = law_of(free_field.drift({.A = 2 * k2, .b = torch::tensor(h)}), lattice, generation(),
                            Schedule::uniform(24), {.method = Method::rk4});
  const FreeField other{lattice, {.mass2 = 0.5, .field = 0.3 + h, .quadratic = k2}};
  EXPECT_LT(free_field.error(found, other.exact), 1e-5);
}

TEST(Tilt, HoldsForConditionalLawsToo) {
  const auto known = parse_mask("block:2x3@3,1", lattice, 0);
  const Tilt tilt{.A = Operator::diagonal(Basis::site(), -0.7 * (1 + pattern(2.3))), .b = pattern(0.6)};
  const auto H = known.to(torch::kDouble).flatten().diag();
  const auto conditional =
      testing::posterior(expected(tilt), H, torch::zeros_like(H), H.mv(free_field.observed().flatten()));
  const auto found = law_of(free_field.drift(tilt), lattice, inpainting(known), Schedule::uniform(24),
                            {.method = Method::rk4}, free_field.observed());
  EXPECT_LT(free_field.error(found, conditional), 1e-5);
}

TEST(Tilt, OfAMixtureIsTheMixtureOfTiltedWeights) {
  const auto checkerboard = (torch::arange(4).reshape({4, 1}) + torch::arange(4)).remainder(2) * 2.0 - 1;
  const auto means = torch::stack({0.8 * checkerboard, -0.8 * checkerboard, 0.5 * torch::ones({4, 4})}).unsqueeze(1);
  const GaussianMixture law(free_field.law.covariance(), means, torch::tensor({0.5, 0.3, 0.2}));
  for (const auto& [name, tilt] : tilts()) {
    if (tilt.A.basis() == Basis::site())
      continue; // tilted() needs the basis of the covariance
    const auto from_drift = make_drift(
        [&](const Pair& pair, const torch::Tensor& signal) { return law.posterior_mean(pair, signal); }, tilt);
    const auto exact = law.tilted(tilt);
    torch::manual_seed(1);
    const auto x = 2 * torch::randn({4, 1, 4, 4}, torch::kDouble);
    const auto alpha = Operator::scalar(torch::tensor({0.02, 0.3, 0.9, 1.0}), 2);
    const Pair pair{alpha, 1 - alpha};
    const auto a = from_drift(pair, x), b = exact.etas(pair, x);
    EXPECT_LT((a.eta1 - b.eta1).abs().max().item<double>(), 1e-8) << name;
    EXPECT_LT((a.eta0 - b.eta0).abs().max().item<double>(), 1e-6) << name;
    // The weights: normalisations of exp(r) under each mode by brute force, in the modes' own basis.
    const auto A = matrix_of(tilt.A, lattice);
    const auto b_field = tilt.b.expand({4, 4}).flatten().to(torch::kDouble);
    std::vector<torch::Tensor> log_weights;
    for (int k = 0; k < 3; ++k) {
      const testing::AffineLaw mode{law.means()[k].flatten(), free_field.exact.covariance};
      const auto inverse = torch::linalg_inv(mode.covariance), reached = testing::tilted(mode, A, b_field).covariance;
      const auto j = inverse.mv(mode.mean) + b_field;
      log_weights.push_back(law.weights()[k].log() + (j.dot(reached.mv(j)) - mode.mean.dot(inverse.mv(mode.mean))) / 2);
    }
    EXPECT_LT((torch::stack(log_weights).softmax(0) - exact.weights()).abs().max().item<double>(), 1e-10) << name;
  }
}

TEST(Tilt, ToALowerMassIsRefusedFromNoiseWithTheReachableRange) {
  const auto drift = free_field.drift({.A = 0.3});
  const auto x = torch::zeros({1, 1, 4, 4}, torch::kDouble);
  const auto message = [&](double alpha) -> std::string {
    try {
      drift({alpha, 1 - alpha}, x);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_NE(message(1).find("at most 0 "), std::string::npos);
  EXPECT_NE(message(0.8).find("at most 0.0625 "), std::string::npos); // (0.2 / 0.8)^2
  EXPECT_EQ(message(0.6), "");                                        // (0.4 / 0.6)^2 > 0.3
  EXPECT_EQ(message(0), "");
  EXPECT_THROW(law_of(drift, lattice, generation(), Schedule::uniform(4), {}), std::invalid_argument);
}

TEST(Tilt, ToALowerMassIsReachedFromANoisyObservation) {
  constexpr double sigma = 0.8, A = 0.6; // Sigma^{-1} >= 1 > A, 1 / sigma^2 > A
  const Tilt tilt{.A = A, .b = pattern(0.6)};
  const auto one = torch::eye(16, torch::kDouble);
  const auto exact = testing::posterior(expected(tilt), one, sigma * sigma * one, free_field.observed().flatten());
  const auto error = [&](int steps) {
    return free_field.error(law_of(free_field.drift(tilt), lattice, denoising(sigma), testing::log_ratio(steps),
                                   {.method = Method::sde2}, free_field.observed()),
                            exact);
  };
  EXPECT_LT(error(32), error(16) / 3.5);
  EXPECT_LT(error(64), 0.005);
}

TEST(Tilt, NeedsACommonBasis) {
  const auto drift = free_field.drift({.A = Operator::diagonal(Basis::fourier(), -torch::ones({4, 4}))});
  const auto way = knots(sequential(raster_order(lattice)).path, Schedule::uniform(4));
  EXPECT_THROW(drift(way.at(2), torch::zeros({1, 1, 4, 4}, torch::kDouble)), std::invalid_argument);
}

TEST(GaussianMixture, RefusesWhatIsNone) {
  const auto one = torch::ones({1, 1, 4, 4});
  EXPECT_THROW(GaussianMixture(0, one, torch::ones({1})), std::invalid_argument);
  EXPECT_THROW(GaussianMixture(1, one, torch::ones({2})), std::invalid_argument);
  EXPECT_THROW(GaussianMixture(1, one, torch::zeros({1})), std::invalid_argument);
  EXPECT_THROW(GaussianMixture(1, one, torch::ones({1})).tilted({.A = 1}), std::invalid_argument);
}

TEST(GaussianMixture, DrawsFromItsDensity) {
  const GaussianMixture law(0.25, torch::tensor({{{1.0, 1.0}}, {{-1.0, 0.0}}}), torch::tensor({3.0, 1.0}));
  torch::manual_seed(1);
  const auto x = law.draw(torch::randn({20000, 1, 2}, torch::kDouble), torch::rand({20000}, torch::kDouble));
  EXPECT_LT(std::abs(testing::z_score(x.select(2, 0).flatten(), 0.5)), 4);
  EXPECT_LT(std::abs(testing::z_score((x.select(2, 0) * x.select(2, 1)).flatten(), 0.75)), 4);
  // E_p[f/p] = int f for f a density of its own.
  const auto f = GaussianMixture(0.1, torch::tensor({{{0.5, 0.6}}}), torch::ones({1}));
  EXPECT_LT(std::abs(testing::z_score((f.log_density(x) - law.log_density(x)).exp(), 1)), 4);
}

} // namespace
} // namespace stint
