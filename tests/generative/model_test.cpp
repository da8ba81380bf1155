#include "generative/model.hpp"
#include "generative/phi4/estimate.hpp"
#include "generative/phi4/prior.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

Model model_of(const Geometry& geometry, std::uint64_t seed) {
  const Phi4 theory{.mass2 = 0.5};
  return {std::make_unique<Phi4Prior>(Phi4Knowledge{
              .geometry = geometry, .theory = theory, .moments = testing::free_field_moments_of(geometry, theory)}),
          {.families = testing::phi4_families(geometry, "mixed"), .channels = 4, .levels = 2},
          seed};
}

Phi4Prior& prior_of(Model& model) { return dynamic_cast<Phi4Prior&>(model.prior()); }

/// A network whose output is not zero, as it is at the start.
Model random_model(const Geometry& geometry) {
  Model model = model_of(geometry, 3);
  const torch::NoGradGuard constant;
  std::uint32_t index = 0;
  for (auto& parameter : model.network()->parameters())
    Stream{1, Purpose::parameters, 100 + index++}.normals(
        std::span<float>(parameter.data_ptr<float>(), static_cast<std::size_t>(parameter.numel())));
  for (auto& parameter : model.network()->parameters())
    parameter.mul_(0.1);
  return model;
}

torch::Tensor network_of(Model& model, const Pair& pair, const torch::Tensor& signal) {
  const auto look = model.look(pair, signal);
  return model.evaluate(look.planes, look.numbers);
}

TEST(Model, StartsAsTheWienerEstimate) {
  for (const std::vector<int>& extents : {std::vector{8}, {4, 8}, {4, 4, 4}}) {
    const Geometry geometry(extents);
    Model model = model_of(geometry, 1);
    const auto signal = testing::free_field(geometry, {.mass2 = 0.5}, 2, 3);
    const auto pair = testing::scalar_pair(torch::tensor({0.1F, 0.5F, 1.0F}), geometry.dimensions());
    EXPECT_TRUE(torch::equal(model.posterior_mean()(pair, signal),
                             gaussian_estimate(prior_of(model).knowledge().moments, pair, signal).field));
  }
}

TEST(Model, SeesHowMuchOfEachShellAnObservationHas) {
  // Of Gaussian data each shell has what it should, to its own statistical error (asinh is near the identity there); of
  // an observation "nothing, to within 1/Gamma", which a tilt by k2 makes of pure noise, it has far too little.
  const Geometry geometry({16, 16});
  const Model model = model_of(geometry, 1);
  constexpr std::int64_t count = 2000, shells = 6, last = 3; // behind them: z, |z|, spread
  const auto pair = testing::scalar_pair(torch::full({count}, 0.4F), 2);
  const auto x1 = testing::free_field(geometry, {.mass2 = 0.5}, 2, count);
  const auto x = interpolate(pair, torch::randn(x1.sizes(), at::make_generator<at::CPUGeneratorImpl>(5)), x1);
  const auto excess = [&](const torch::Tensor& signal) {
    const auto numbers = model.look(pair, signal).numbers;
    return numbers.narrow(1, numbers.size(1) - last - shells, shells);
  };
  const auto sinh = excess(pair.beta(x)).sinh();
  for (std::int64_t shell = 0; shell < shells; ++shell) {
    EXPECT_LT(std::abs(testing::z_score(sinh.select(1, shell), 0)), 4) << "shell " << shell;
    EXPECT_NEAR(sinh.select(1, shell).std().item<double>(), 1, 0.25) << "shell " << shell; // pairs p, -p: up to sqrt(2)
  }
  const auto nothing = excess(torch::zeros_like(x));
  EXPECT_LT(nothing.max().item<double>(), -1);
  EXPECT_LT(nothing.select(1, shells - 1).max().item<double>(), -2.5);
}

TEST(Model, StaysFiniteHoweverFarFromTheData) {
  // What training never saw may not send a flow to infinity: output and inputs have bounds.
  const Geometry geometry({8, 8});
  Model model = random_model(geometry);
  const auto wild = 100 * testing::free_field(geometry, {.mass2 = 0.5}, 2, 2);
  const auto pair = testing::scalar_pair(torch::tensor({0.2F, 0.8F}), 2);
  auto look = model.look(pair, wild);
  const auto largest = [&] {
    return look.deviation.inverse()(model.answer(look) - look.estimate).abs().max().item<double>();
  };
  look.planes = 1000 * look.planes;
  EXPECT_GT(model.evaluate(look.planes, look.numbers).abs().max().item<double>(), 20);
  EXPECT_LE(largest(), 20.01);
  const auto excess = look.numbers.narrow(1, look.numbers.size(1) - 3 - Phi4Prior::shell_count, Phi4Prior::shell_count);
  EXPECT_EQ(excess.max().item<double>(), 2);
}

TEST(Model, TakesTheMeanCorrectionOffItsAnswer) {
  const Geometry geometry({8, 8});
  Model model = random_model(geometry);
  const auto signal = testing::free_field(geometry, {.mass2 = 0.5}, 2, 2);
  const auto estimate = [&](const Pair& pair) {
    return gaussian_estimate(prior_of(model).knowledge().moments, pair, signal).field;
  };
  const auto zero_mode = [](const torch::Tensor& fields) { return fields.mean({2, 3}, true); };
  const auto largest = [](const torch::Tensor& fields) { return fields.abs().max().item<double>(); };
  const auto scalar = testing::scalar_pair(torch::tensor({0.2F, 0.8F}), 2);
  const auto bare = model.posterior_mean()(scalar, signal);
  prior_of(model).set_correction({torch::full({MeanCorrection::zero_mode_points}, 0.1),
                                  torch::full({MeanCorrection::shell_points, Phi4Prior::shell_count}, 0.2)});
  // Constant tables: 0.1 standard deviations of M, and a fifth of all waves of the estimate.
  const auto waves = estimate(scalar) - zero_mode(estimate(scalar));
  const auto expected = bare - 0.1 * prior_of(model).magnetisation_deviation() - 0.2 * waves;
  EXPECT_LT(largest(model.posterior_mean()(scalar, signal) - expected), 1e-6);
  EXPECT_TRUE(torch::equal(model.posterior_mean(0, /*corrected=*/false)(scalar, signal), bare));

  auto levels = torch::full({2, 1, 8, 8}, 0.5F);
  levels.select(2, 0).fill_(0.9F);
  const Pair modes = pair_of_levels(Basis::fourier(), levels), sites = pair_of_levels(Basis::site(), levels);
  const auto of_modes = model.posterior_mean()(modes, signal);
  EXPECT_LT(largest(zero_mode(of_modes) - zero_mode(estimate(modes))), 1e-6);
  EXPECT_GT(largest(of_modes - estimate(modes)), 1e-3);
  EXPECT_TRUE(torch::equal(model.posterior_mean()(sites, signal), model.posterior_mean(0, false)(sites, signal)));
}

TEST(Model, CommutesWithTranslationsByTheCoarsestSpacing) {
  const Geometry geometry({8, 12});
  Model model = random_model(geometry);
  const auto signal = testing::free_field(geometry, {.mass2 = 0.5}, 2, 2);
  const auto pair = testing::scalar_pair(torch::tensor({0.2F, 0.8F}), 2);
  const auto f = [&](const torch::Tensor& s) { return network_of(model, pair, s); };
  const auto moved = f(signal.roll({2, 4}, {2, 3})), reference = f(signal).roll({2, 4}, {2, 3});
  EXPECT_GT(reference.abs().mean().item<double>(), 1e-3);
  EXPECT_LT((moved - reference).abs().max().item<double>(), 1e-5);
}

TEST(Model, IsFiniteAtBothEndsOfThePath) {
  Model model = random_model(Geometry({8, 8}));
  const auto signal = testing::free_field(Geometry({8, 8}), {.mass2 = 0.5}, 2, 2);
  const auto pair = testing::scalar_pair(torch::tensor({1e-4F, 1.0F}), 2);
  EXPECT_TRUE(model.posterior_mean()(pair, signal).isfinite().all().item<bool>());
}

TEST(Model, HalfPrecisionIsCloseToSinglePrecision) {
  Model model = random_model(Geometry({8, 8}));
  const auto signal = testing::free_field(Geometry({8, 8}), {.mass2 = 0.5}, 2, 2);
  const auto pair = testing::scalar_pair(torch::tensor({0.2F, 0.8F}), 2);
  const auto single = network_of(model, pair, signal);
  model.set_precision(torch::kBFloat16);
  const auto half = network_of(model, pair, signal);
  const double difference = (half - single).square().mean().sqrt().item<double>();
  EXPECT_GT(difference, 0);
  EXPECT_LT(difference, 0.03 * single.square().mean().sqrt().item<double>()); // 8 bits, a few layers
}

TEST(Model, ParametersAreAFunctionOfTheSeed) {
  const Geometry geometry({8, 8});
  const auto flat = [](Model model) {
    std::vector<torch::Tensor> all;
    for (const auto& parameter : model.network()->parameters())
      all.push_back(parameter.flatten());
    return torch::cat(all);
  };
  EXPECT_TRUE(torch::equal(flat(model_of(geometry, 1)), flat(model_of(geometry, 1))));
  EXPECT_FALSE(torch::equal(flat(model_of(geometry, 1)), flat(model_of(geometry, 2))));
}

TEST(Model, RefusesLatticesThatItsLevelsDoNotDivide) {
  EXPECT_THROW(model_of(Geometry({7, 8}), 1), std::invalid_argument);
  EXPECT_THROW(model_of(Geometry({4, 4, 4, 4}), 1), std::invalid_argument);
}

} // namespace
} // namespace stint
