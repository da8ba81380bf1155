#include "generative/drift.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Geometry lattice({4, 6});

TEST(Drift, SplitsTheStateIntoNoiseAndData) {
  const auto drift = make_drift(gaussian_posterior_mean(free_field_moments_of(lattice, {.mass2 = 0.5})));
  const auto x = testing::free_field(lattice, {.mass2 = 0.5}, 1, 2);
  const auto pair = scalar_pair(torch::tensor({0.3F, 0.9F}), 2);
  const auto [eta0, eta1] = drift(pair, x);
  EXPECT_LT((interpolate(pair, eta0, eta1) - x).abs().max().item<double>(), 1e-6);
}

TEST(Drift, TiltedGaussianIsTheGaussianOfTheTheoryInTheField) {
  // The posterior mean of the theory at h = 0, tilted by h, is that of the theory at h: the whole content of eqs. 19-21
  // for b = h.
  const Phi4 plain{.mass2 = 0.5}, in_field{.mass2 = 0.5, .field = 0.7};
  const auto tilted = make_drift(gaussian_posterior_mean(free_field_moments_of(lattice, plain)), {.field = 0.7});
  const auto exact = make_drift(gaussian_posterior_mean(free_field_moments_of(lattice, in_field)));
  const auto x = testing::free_field(lattice, in_field, 1, 4);
  const auto pair = scalar_pair(torch::tensor({0.01F, 0.3F, 0.9F, 1.0F}), 2); // pure noise included
  const auto a = tilted(pair, x), b = exact(pair, x);
  EXPECT_LT((a.eta0 - b.eta0).abs().max().item<double>(), 1e-4);
  EXPECT_LT((a.eta1 - b.eta1).abs().max().item<double>(), 1e-5);
  // At the noise end the posterior mean is the constant <phi> in the field, h / (2 m^2).
  EXPECT_LT((a.eta1[3] - 0.7).abs().max().item<double>(), 1e-5);
}

} // namespace
} // namespace stint
