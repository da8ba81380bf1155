#include "generative/moments.hpp"

#include "generative/phi4.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Geometry lattice({6, 6});
const Phi4 free_theory{.mass2 = 0.4};

ScalarPair pairs(const std::vector<double>& alphas, int dimensions = 2) {
  return scalar_pair(torch::tensor(alphas, torch::kFloat), dimensions);
}

TEST(Moments, ForceEqualsTheLatticeOneInAllDimensions) {
  const Phi4 theory{.mass2 = -3, .lambda = 1.3, .field = 0.2, .quadratic = 0.1};
  for (const std::vector<int>& extents : {std::vector{5}, {4, 3}, {3, 4, 2}, {2, 3, 2, 3}}) {
    const Geometry geometry(extents);
    const auto phi = testing::free_field(geometry, free_theory, 3, 1);
    const auto fast = phi4_force(theory, phi);
    std::vector<float> plain(geometry.volume());
    force<float>(geometry, theory, {phi.data_ptr<float>(), plain.size()}, plain);
    for (std::size_t x = 0; x < plain.size(); ++x)
      EXPECT_NEAR(fast.flatten()[x].item<float>(), plain[x], 1e-5) << geometry.text() << " site " << x;
  }
}

TEST(Moments, MeasuredSpectraAreThoseOfTheFreeField) {
  const auto fields = testing::free_field(lattice, free_theory, 1, 20000);
  const auto measured = measure_moments(fields, true, free_theory);
  const auto exact = testing::free_field_moments_of(lattice, free_theory);
  // Each mode is a chi-squared variable; averaging over 20000 draws and mirror images leaves less than 1 %.
  EXPECT_LT((measured.spectrum / exact.spectrum - 1).abs().max().item<double>(), 0.04);
  EXPECT_LT((measured.force_spectrum / exact.force_spectrum - 1).abs().max().item<double>(), 0.04);
}

TEST(Moments, WienerEstimateIsTheDenseMatrixFormula) {
  const Phi4 theory{.mass2 = 0.4, .field = 0.3};
  const auto moments = testing::free_field_moments_of(lattice, theory);
  const auto volume = lattice.volume();
  // Sigma_xy = mean over p of P(p) exp(i p (x - y)) by a dense Fourier matrix.
  const auto fourier =
      torch::fft::fftn(torch::eye(volume, torch::kDouble).reshape({volume, 6, 6}), std::nullopt, {1, 2})
          .reshape({volume, volume});
  const auto sigma =
      torch::real(torch::matmul(fourier * moments.spectrum.flatten().to(torch::kComplexDouble), fourier.conj().t())) /
      volume;
  const auto x1 = testing::free_field(lattice, theory, 9, 1).to(torch::kDouble).reshape({volume});
  for (const double alpha : {0.02, 0.3, 0.9}) {
    const double beta = 1 - alpha;
    const auto x = beta * x1 + alpha * torch::linspace(-1, 1, volume, torch::kDouble);
    const auto covariance = alpha * alpha * torch::eye(volume, torch::kDouble) + beta * beta * sigma;
    const auto dense =
        moments.mean + beta * torch::matmul(sigma, torch::linalg_solve(covariance, x - beta * moments.mean));
    const auto wiener = moments.wiener(pairs({alpha}), (beta * x).to(torch::kFloat).reshape({1, 6, 6}));
    EXPECT_LT((wiener.flatten().to(torch::kDouble) - dense).abs().max().item<double>(), 1e-5) << "alpha " << alpha;
    const auto variance =
        torch::diagonal(sigma - beta * beta * torch::matmul(sigma, torch::linalg_solve(covariance, sigma))).mean();
    EXPECT_NEAR(moments.wiener_variance(pairs({alpha})).item<double>(), variance.item<double>(), 1e-6);
  }
}

TEST(Moments, TrainingTargetOfAFreeFieldIsThePosteriorMeanItself) {
  // In a Gaussian theory the combination of x1 and its force has no variance left, tilted or not.
  const auto moments = testing::free_field_moments_of(lattice, free_theory);
  const auto x1 = testing::free_field(lattice, free_theory, 2, 3);
  const auto pair = pairs({0.05, 0.5, 0.95});
  const auto x = interpolate(pair, torch::randn({3, 6, 6}, at::make_generator<at::CPUGeneratorImpl>(5)), x1);
  const auto signal = pair.beta * x + pair.alpha.square() * 0.2;
  const auto target = moments.training_target(pair, signal, x1, phi4_force(free_theory, x1), false);
  EXPECT_LT((target - moments.wiener(pair, signal)).abs().max().item<double>(), 1e-5);
  EXPECT_LT(moments.target_variance(pair).max().item<double>(), 1e-10);
}

TEST(Moments, TrainingTargetHasTheConditionalMeanOfTheDataInAnInteractingTheory) {
  // One site coupled to itself only: independent sites with the density exp(-(a phi^2 + b phi^4 - h phi)), drawn by
  // rejection from a fine grid. Unbiased means E[(T - x1) g(x)] = 0 for every function g of the observation.
  const Geometry geometry({2});
  const Phi4 theory{.mass2 = -1.0, .lambda = 0.7};
  // d = 1, L = 2: S = sum (2 + m2) phi^2 + lambda phi^4 - 4 phi_0 phi_1; sampled exactly on a grid of both sites.
  constexpr std::int64_t points = 401, count = 500000;
  const auto grid = torch::linspace(-3, 3, points, torch::kDouble);
  const double onsite = theory.onsite(1);
  const auto site = onsite * grid.square() + theory.lambda * grid.pow(4);
  const double h = 0.3;
  const auto log_weight = -(site.unsqueeze(0) + site.unsqueeze(1) - 4 * grid.unsqueeze(0) * grid.unsqueeze(1)) +
                          h * (grid.unsqueeze(0) + grid.unsqueeze(1));
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(11);
  const auto index = torch::softmax(log_weight.flatten(), 0).multinomial(count, true, generator);
  // Uniform within the cell, so that the density is smooth to O(spacing^2).
  const auto jitter = (torch::rand({count, 2}, generator, torch::kDouble) - 0.5) * (6.0 / (points - 1));
  const auto x1 =
      (torch::stack({grid.index({index.div(points, "floor")}), grid.index({index.remainder(points)})}, 1) + jitter)
          .to(torch::kFloat);
  const auto moments = measure_moments(x1, false, theory);
  for (const double alpha : {0.1, 0.4, 0.8}) {
    const auto pair = scalar_pair(torch::full({count}, alpha, torch::kFloat), 1);
    const auto x = interpolate(pair, torch::randn({count, 2}, generator), x1);
    const auto signal =
        pair.beta * x + pair.alpha.square() * h; // x1 follows the tilted law: the observation is shifted by h
    for (const bool symmetric : {false, true}) {
      const auto difference = moments.training_target(pair, signal, x1, phi4_force(theory, x1), symmetric) - x1;
      for (const auto& g : {torch::ones_like(x), x, x.square(), x.pow(3)})
        EXPECT_LT(std::abs(testing::z_score((difference * g).mean(1), 0)), 4) << "alpha " << alpha;
      const auto variance = [&](const torch::Tensor& target) {
        return (target - moments.wiener(pair, signal)).square().mean().item<double>();
      };
      if (alpha == 0.1) { // where the force says more than x1
        EXPECT_LT(variance(x1 + difference), 0.3 * variance(x1));
      }
      if (alpha == 0.8 && symmetric) { // where the sign is open
        EXPECT_LT(variance(x1 + difference),
                  0.5 * variance(moments.training_target(pair, signal, x1, phi4_force(theory, x1), false)));
      }
    }
  }
}

TEST(MagnetisationLaw, PosteriorMeanIsTheOneOfItsMixture) {
  // Two narrow peaks at +-1: for width -> 0, E[M | m] = tanh(m / tau^2) with m = s / b^2 and tau^2 = a^2 / (b^2 V).
  MagnetisationLaw law{torch::tensor({-1.0, 1.0}, torch::kDouble), torch::tensor({0.5, 0.5}, torch::kDouble), 1e-9};
  const std::int64_t volume = 16;
  const auto pair = scalar_pair(torch::tensor({0.6F, 0.6F, 0.9F, 1.0F}), 2);
  const auto signal = torch::tensor({0.02F, -0.05F, 0.03F, 0.01F}).reshape({4, 1, 1});
  const auto found = law.posterior_mean(pair, signal, volume).flatten();
  const auto exact = torch::tanh(signal.flatten() * static_cast<double>(volume) / pair.alpha.flatten().square());
  EXPECT_LT((found - exact).abs().max().item<double>(), 1e-5);
  // One peak is the Gaussian formula, at every alpha; far from the peak too.
  law = {torch::tensor({0.3}, torch::kDouble), torch::tensor({1.0}, torch::kDouble), 0.5};
  const auto a2 = pair.alpha.flatten().square() / volume, b2 = pair.beta.flatten().square();
  const auto gaussian = (a2 * 0.3 + signal.flatten() * 0.25) / (a2 + b2 * 0.25);
  EXPECT_LT((law.posterior_mean(pair, signal, volume).flatten() - gaussian).abs().max().item<double>(), 1e-6);
}

TEST(Moments, EstimateOfGaussianDataIsTheWienerEstimate) {
  // The measured law of M of a free field is Gaussian up to statistics and the width of the mixture's components.
  const auto fields = testing::free_field(lattice, free_theory, 1, 20000);
  const auto measured = measure_moments(fields, true, std::nullopt);
  const auto signal = testing::free_field(lattice, free_theory, 2, 3) * 0.3;
  const auto pair = pairs({0.2, 0.7, 0.95});
  const auto difference = (measured.estimate(pair, signal) - measured.wiener(pair, signal)).flatten(1);
  EXPECT_LT((difference - difference.mean(1, true)).abs().max().item<double>(),
            1e-6); // only the zero mode is different
  const double deviation = std::sqrt(measured.spectrum[0][0].item<double>() / static_cast<double>(lattice.volume()));
  EXPECT_LT(difference.abs().max().item<double>(), 0.05 * deviation);
}

} // namespace
} // namespace stint
