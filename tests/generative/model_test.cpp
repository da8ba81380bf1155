#include "generative/estimate.hpp"
#include "generative/model.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

ModelDescription description(const Geometry& geometry) {
  const Phi4 theory{.mass2 = 0.5};
  return {.geometry = geometry,
          .kind = "phi4",
          .theory = theory,
          .channels = 4,
          .levels = 2,
          .moments = testing::free_field_moments_of(geometry, theory)};
}

/// A network whose output is not zero, as it is at the start.
Model random_model(const Geometry& geometry) {
  Model model(description(geometry), 3);
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
  const auto inputs = model.inputs(pair, signal);
  return model.evaluate(inputs.planes, inputs.numbers);
}

TEST(Model, StartsAsTheWienerEstimate) {
  for (const std::vector<int>& extents : {std::vector{8}, {4, 8}, {4, 4, 4}}) {
    const Geometry geometry(extents);
    Model model(description(geometry), 1);
    const auto signal = testing::free_field(geometry, {.mass2 = 0.5}, 2, 3);
    const auto pair = testing::scalar_pair(torch::tensor({0.1F, 0.5F, 1.0F}), geometry.dimensions());
    EXPECT_TRUE(torch::equal(model.posterior_mean()(pair, signal),
                             gaussian_estimate(model.description().moments, pair, signal).field));
  }
}

TEST(Model, CommutesWithTranslationsByTheCoarsestSpacing) {
  const Geometry geometry({8, 12});
  Model model = random_model(geometry);
  const auto signal = testing::free_field(geometry, {.mass2 = 0.5}, 2, 2);
  const auto pair = testing::scalar_pair(torch::tensor({0.2F, 0.8F}), 2);
  const auto f = [&](const torch::Tensor& s) { return network_of(model, pair, s); };
  const auto moved = f(signal.roll({2, 4}, {1, 2})), reference = f(signal).roll({2, 4}, {1, 2});
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
  EXPECT_TRUE(torch::equal(flat(Model(description(geometry), 1)), flat(Model(description(geometry), 1))));
  EXPECT_FALSE(torch::equal(flat(Model(description(geometry), 1)), flat(Model(description(geometry), 2))));
}

TEST(Model, RefusesLatticesThatItsLevelsDoNotDivide) {
  EXPECT_THROW(Model(description(Geometry({7, 8})), 1), std::invalid_argument);
  EXPECT_THROW(Model(description(Geometry({4, 4, 4, 4})), 1), std::invalid_argument);
}

} // namespace
} // namespace stint
