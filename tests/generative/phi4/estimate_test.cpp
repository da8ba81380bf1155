#include "generative/phi4/estimate.hpp"

#include "generative/drifts/drift.hpp"
#include "generative/drifts/gaussian.hpp"
#include "generative/operators/whitening.hpp"
#include "generative/phi4/action.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Geometry lattice({6, 6});
const Phi4 free_theory{.mass2 = 0.4};

Pair pairs(const std::vector<double>& alphas, int dimensions = 2) {
  return testing::scalar_pair(torch::tensor(alphas, torch::kDouble), dimensions);
}

/// The estimate of second moments alone.
torch::Tensor wiener(Moments moments, const Pair& pair, const torch::Tensor& signal) {
  moments.magnetisation = {};
  return gaussian_estimate(moments, pair, signal).field;
}

/// The magnetisations of the estimates for constant signals on a lattice of `volume` sites.
torch::Tensor magnetisation_estimate(const MagnetisationLaw& law, const Pair& pair, const torch::Tensor& signal,
                                     std::int64_t volume) {
  Moments moments{.spectrum = torch::ones({4, volume / 4}, torch::kDouble), .force_spectrum = {}, .magnetisation = law};
  return gaussian_estimate(moments, pair, signal.expand({-1, 1, 4, volume / 4})).field.flatten(1).mean(1);
}

TEST(Estimate, WienerEstimateIsTheDenseMatrixFormula) {
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
    const auto found = wiener(moments, pairs({alpha}), (beta * x).to(torch::kFloat).reshape({1, 1, 6, 6}));
    EXPECT_LT((found.flatten().to(torch::kDouble) - dense).abs().max().item<double>(), 1e-5) << "alpha " << alpha;
    const auto variance =
        torch::diagonal(sigma - beta * beta * torch::matmul(sigma, torch::linalg_solve(covariance, sigma))).mean();
    EXPECT_NEAR(posterior_variance(moments, pairs({alpha})).values().item<double>(), variance.item<double>(), 1e-6);
  }
}

TEST(Estimate, TrainingTargetOfAFreeFieldIsThePosteriorMeanItself) {
  // In a Gaussian theory the combination of x1 and its force has no variance left, tilted or not.
  const auto moments = testing::free_field_moments_of(lattice, free_theory);
  const auto x1 = testing::free_field(lattice, free_theory, 2, 3);
  const auto pair = pairs({0.05, 0.5, 0.95});
  const auto x = interpolate(pair, torch::randn({3, 1, 6, 6}, at::make_generator<at::CPUGeneratorImpl>(5)), x1);
  const auto signal = observe(pair, x, {.b = torch::tensor(0.2, torch::kDouble)}).signal;
  const auto target = training_target(moments, pair, signal, x1, phi4_force(free_theory, x1), false);
  EXPECT_LT((target - wiener(moments, pair, signal)).abs().max().item<double>(), 1e-5);
  EXPECT_LT(target_variance(moments, pair).values().max().item<double>(), 1e-10);
}

TEST(Estimate, TrainingTargetHasTheConditionalMeanOfTheDataInAnInteractingTheory) {
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
          .to(torch::kFloat)
          .unsqueeze(1);
  const auto moments = measure_moments(x1, false, theory);
  const auto site_levels = [](double a, double b) {
    return pair_of_levels(Basis::site(), torch::tensor({a, b}, torch::kDouble));
  };
  const auto check_unbiased = [&](const Pair& pair, const char* name) {
    const auto x = interpolate(pair, torch::randn({count, 1, 2}, generator), x1);
    const auto signal = observe(pair, x, {.b = torch::tensor(h, torch::kDouble)}).signal;
    for (const bool symmetric : {false, true}) {
      const auto difference = training_target(moments, pair, signal, x1, phi4_force(theory, x1), symmetric) - x1;
      for (const auto& g : {torch::ones_like(x), x, x.square(), x.pow(3)})
        for (const std::int64_t which : {0, 1})
          EXPECT_LT(std::abs(testing::z_score((difference * g).select(2, which).squeeze(1), 0)), 4)
              << name << " site " << which;
    }
  };
  check_unbiased(site_levels(0.1, 0.8), "one site known better than the other");
  check_unbiased(site_levels(0.5, 1), "the other site unseen");
  check_unbiased(pair_of_levels(Basis::fourier(), torch::tensor({0.2, 0.9}, torch::kDouble)), "modes");
  for (const double alpha : {0.1, 0.4, 0.8}) {
    const auto pair = testing::scalar_pair(torch::full({count}, alpha, torch::kFloat), 1);
    const auto x = interpolate(pair, torch::randn({count, 1, 2}, generator), x1);
    // x1 follows the tilted law: the observation is shifted by h.
    const auto signal = observe(pair, x, {.b = torch::tensor(h, torch::kDouble)}).signal;
    for (const bool symmetric : {false, true}) {
      const auto difference = training_target(moments, pair, signal, x1, phi4_force(theory, x1), symmetric) - x1;
      for (const auto& g : {torch::ones_like(x), x, x.square(), x.pow(3)})
        EXPECT_LT(std::abs(testing::z_score((difference * g).flatten(1).mean(1), 0)), 4) << "alpha " << alpha;
      const auto variance = [&](const torch::Tensor& target) {
        return (target - wiener(moments, pair, signal)).square().mean().item<double>();
      };
      if (alpha == 0.1) { // where the force says more than x1
        EXPECT_LT(variance(x1 + difference), 0.3 * variance(x1));
      }
      if (alpha == 0.8 && symmetric) { // where the sign is open
        EXPECT_LT(variance(x1 + difference),
                  0.5 * variance(training_target(moments, pair, signal, x1, phi4_force(theory, x1), false)));
      }
    }
  }
}

TEST(Estimate, PosteriorMeanIsTheOneOfItsMixture) {
  // Two narrow peaks at +-1: for width -> 0, E[M | m] = tanh(m / tau^2) with m = s / b^2 and tau^2 = a^2 / (b^2 V).
  MagnetisationLaw law{torch::tensor({-1.0, 1.0}, torch::kDouble), torch::tensor({0.5, 0.5}, torch::kDouble), 1e-9};
  const std::int64_t volume = 16;
  const auto pair = testing::scalar_pair(torch::tensor({0.6F, 0.6F, 0.9F, 1.0F}), 2);
  const auto signal = torch::tensor({0.02F, -0.05F, 0.03F, 0.01F}).reshape({4, 1, 1, 1});
  const auto found = magnetisation_estimate(law, pair, signal, volume);
  const auto exact =
      torch::tanh(signal.flatten() * static_cast<double>(volume) / pair.alpha.values().flatten().square());
  EXPECT_LT((found - exact).abs().max().item<double>(), 1e-5);
  // One peak is the Gaussian formula, at every alpha; far from the peak too.
  law = {torch::tensor({0.3}, torch::kDouble), torch::tensor({1.0}, torch::kDouble), 0.5};
  const auto a2 = pair.alpha.values().flatten().square() / volume, b2 = pair.beta.values().flatten().square();
  const auto gaussian = (a2 * 0.3 + signal.flatten() * 0.25) / (a2 + b2 * 0.25);
  EXPECT_LT((magnetisation_estimate(law, pair, signal, volume) - gaussian).abs().max().item<double>(), 1e-6);
}

TEST(Estimate, EstimateOfGaussianDataIsTheWienerEstimate) {
  // The measured law of M of a free field is Gaussian up to statistics and the width of the mixture's components.
  const auto fields = testing::free_field(lattice, free_theory, 1, 20000);
  const auto measured = measure_moments(fields, true, std::nullopt);
  const auto signal = testing::free_field(lattice, free_theory, 2, 3) * 0.3;
  const auto pair = pairs({0.2, 0.7, 0.95});
  const auto difference = (gaussian_estimate(measured, pair, signal).field - wiener(measured, pair, signal)).flatten(1);
  EXPECT_LT((difference - difference.mean(1, true)).abs().max().item<double>(),
            1e-6); // only the zero mode is different
  const double deviation = std::sqrt(measured.spectrum[0][0].item<double>() / static_cast<double>(lattice.volume()));
  EXPECT_LT(difference.abs().max().item<double>(), 0.05 * deviation);
}

TEST(Estimate, OfSiteOperatorsIsLinearWhateverTheLawOfM) {
  // Against the exact posterior mean of the Gaussian law with the second moments of a mixture, for draws of the
  // mixture.
  MagnetisationLaw law{torch::tensor({-0.9, -0.3, 0.3, 0.9}, torch::kDouble),
                       torch::tensor({0.4, 0.2, 0.2, 0.2}, torch::kDouble), 0.3};
  auto moments = testing::free_field_moments_of(lattice, free_theory);
  moments.magnetisation = law;
  auto spectrum = moments.spectrum.clone();
  spectrum[0][0] = static_cast<double>(lattice.volume()) * law.width * law.width;
  const GaussianMixture mixture(Operator::diagonal(Basis::fourier(), spectrum),
                                law.centers.reshape({4, 1, 1, 1}).expand({4, 1, 6, 6}), law.weights);
  spectrum = spectrum.clone();
  const auto mean = (law.weights * law.centers).sum();
  spectrum[0][0] += static_cast<double>(lattice.volume()) * (law.weights * (law.centers - mean).square()).sum();
  const GaussianMixture gaussian(Operator::diagonal(Basis::fourier(), spectrum), mean.expand({1, 1, 6, 6}),
                                 torch::ones({1}, torch::kDouble));
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(5);
  const auto x1 = mixture.draw(torch::randn({200, 1, 6, 6}, generator), torch::rand({200}, generator));
  const auto uniform = torch::rand({200, 1, 6, 6}, generator, torch::kDouble);
  const auto rows = torch::arange(6).reshape({6, 1}).expand({200, 1, 6, 6});
  const auto at = [](double level) { return torch::full({200, 1, 6, 6}, level, torch::kDouble); };
  const std::vector<std::pair<const char*, torch::Tensor>> states = {
      {"random sites known", torch::where(uniform < 0.5, 0.0, 0.7)},
      {"sequential", torch::where(rows < 2, 0.0, torch::where(rows < 4, 0.5, 1.0))},
      {"every site its own", uniform},
      {"nothing known", at(1)},
      {"all alike", at(0.6)}};
  const double deviation = moments.variance().sqrt().item<double>();
  for (const auto& [name, levels] : states) {
    const auto pair = pair_of_levels(Basis::site(), levels);
    const auto x = interpolate(pair, torch::randn({200, 1, 6, 6}, generator), x1);
    const auto signal = observe(pair, x, {.b = torch::tensor(0.02, torch::kDouble)}).signal;
    const auto exact = gaussian.posterior_mean(pair, signal.to(torch::kDouble)).to(torch::kFloat);
    const auto found = gaussian_estimate(moments, pair, signal).field;
    const auto error = (found - exact).square().mean().sqrt().item<double>();
    EXPECT_LT(error, 0.0005 * deviation) << name;
    EXPECT_GT(exact.square().mean().sqrt().item<double>(), 0.05 * deviation) << name; // the check is not empty
  }
}

TEST(Whitener, EightIterationsSufficeNearTheTransition) {
  // A spectrum of the range that phi^4 has at the reference point. Its long waves are what conjugate gradients find
  // last: with a preconditioner of the mean noise they were 2 to 8 % off in three of these states.
  const Geometry large{{32, 32}};
  const Phi4 theory{.mass2 = 0.04}; // V <M^2> = 25
  const auto moments = testing::free_field_moments_of(large, theory);
  const auto covariance = Operator::diagonal(Basis::fourier(), moments.spectrum);
  const auto x1 = testing::free_field(large, theory, 3, 8);
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(6);
  const auto column = torch::arange(32).reshape({1, 32}).expand({1, 1, 32, 32});
  const auto known = torch::rand({1, 1, 32, 32}, generator) < 0.5;
  const auto at = [](double level) { return torch::full({1, 1, 32, 32}, level, torch::kDouble); };
  struct State {
    const char* name;
    torch::Tensor levels;
    double long_waves, all_waves; // bounds
  };
  for (const auto& [name, levels, long_waves, all_waves] :
       {State{"columns", torch::where(column < 24, at(0), at(0.7)), 0.001, 0.001},
        State{"half of the columns", torch::where(column < 16, at(0), torch::where(column < 24, at(0.3), at(1))), 0.002,
              0.002},
        State{"every other site", torch::where(known, at(0), at(0.6)), 0.003, 0.06},
        State{"every site its own", torch::rand({1, 1, 32, 32}, generator, torch::kDouble), 0.003, 0.02}}) {
    const auto pair = pair_of_levels(Basis::site(), levels);
    const auto signal = pair.beta(interpolate(pair, torch::randn({8, 1, 32, 32}, generator), x1));
    const auto estimate = [&](const Whitener& whitener) { return covariance(whitener(signal.to(torch::kDouble))); };
    const auto exact = estimate(Whitener::exact(pair, covariance, 1e-12));
    const auto error = estimate(Whitener::approximate(pair, covariance, 8)) - exact;
    const auto size = [](const torch::Tensor& numbers) { return numbers.square().mean().sqrt().item<double>(); };
    const auto means = [](const torch::Tensor& fields) { return fields.flatten(1).mean(1); };
    EXPECT_LT(size(error), all_waves * size(exact)) << name;
    EXPECT_LT(size(means(error)), long_waves * size(means(exact))) << name;
  }
}

} // namespace
} // namespace stint
