#include "generative/drifts/drift.hpp"

#include "generative/phi4/free_field.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Geometry lattice({4, 6});

PosteriorMean posterior_mean(const Phi4& theory) {
  return [law = free_field_law(lattice, theory)](const Pair& pair, const torch::Tensor& signal) {
    return law.posterior_mean(pair, signal);
  };
}

Pair pairs(const std::vector<double>& alphas) {
  const auto alpha = Operator::scalar(torch::tensor(alphas), 2);
  return {alpha, Operator(1) - alpha};
}

TEST(Drift, SplitsTheStateIntoNoiseAndData) {
  const auto drift = make_drift(posterior_mean({.mass2 = 0.5}));
  const auto x = testing::free_field(lattice, {.mass2 = 0.5}, 1, 3);
  const Pair pair = pairs({0.3, 0.9, 0}); // data included
  const auto [eta0, eta1] = drift(pair, x);
  EXPECT_LT((interpolate(pair, eta0, eta1) - x).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(torch::equal(eta1[2], x[2]));
}

TEST(Drift, TiltedGaussianIsTheGaussianOfTheTheoryInTheField) {
  // The posterior mean of the theory at h = 0, tilted by h, is that of the theory at h: the whole content of eqs. 19-21
  // for b = h.
  const auto tilted = make_drift(posterior_mean({.mass2 = 0.5}), {.b = torch::tensor(0.7)});
  const auto exact = make_drift(posterior_mean({.mass2 = 0.5, .field = 0.7}));
  const auto x = testing::free_field(lattice, {.mass2 = 0.5, .field = 0.7}, 1, 4);
  const Pair pair = pairs({0.01, 0.3, 0.9, 1.0}); // pure noise included
  const auto a = tilted(pair, x), b = exact(pair, x);
  EXPECT_LT((a.eta0 - b.eta0).abs().max().item<double>(), 1e-4);
  EXPECT_LT((a.eta1 - b.eta1).abs().max().item<double>(), 1e-5);
  // At the noise end the posterior mean is the constant <phi> in the field, h / (2 m^2).
  EXPECT_LT((a.eta1[3] - 0.7).abs().max().item<double>(), 1e-5);
}

} // namespace
} // namespace stint
