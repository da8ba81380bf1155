#include "generative/networks/unet.hpp"

#include "generative/torch.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

class Network : public ::testing::TestWithParam<int> {};

/// What the parameters of a network say about it: none of them may be zero, or nothing would be seen of what is behind.
TEST_P(Network, HasTheGradientOfItsOutput) {
  const int dimensions = GetParam();
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(3);
  UNet network(UNetOptions{.dimensions = dimensions, .planes = 2, .features = 3, .channels = 4, .levels = 2}, 5);
  {
    const torch::NoGradGuard constant;
    for (auto& parameter : network->parameters())
      parameter.add_(0.05 * torch::randn(parameter.sizes(), generator));
  }
  std::vector<std::int64_t> shape(dimensions + 2, 4);
  shape[0] = 3, shape[1] = 2;
  const auto planes = torch::randn(shape, generator), numbers = torch::randn({3, 3}, generator);
  shape[1] = 1;
  const auto weights = torch::randn(shape, generator);
  const auto value = [&] { return (weights * network->forward(planes, numbers, torch::kFloat)).sum(); };
  for (const auto& item : network->named_parameters()) {
    auto parameter = item.value();
    const auto gradient = torch::autograd::grad({value()}, {parameter})[0];
    const torch::NoGradGuard constant;
    const auto direction = torch::randn(parameter.sizes(), generator);
    const double step = 0.02 / direction.norm().item<double>();
    parameter.add_(direction, step);
    const double above = value().item<double>();
    parameter.add_(direction, -2 * step);
    const double below = value().item<double>();
    parameter.add_(direction, step);
    const double expected = (above - below) / (2 * step), found = (gradient * direction).sum().item<double>();
    EXPECT_NEAR(found, expected, 0.02 * gradient.norm().item<double>()) << item.key();
  }
}

TEST_P(Network, BeginsWithHalfOfAKernelsVarianceAtItsCentre) {
  const int dimensions = GetParam();
  const UNet network(UNetOptions{.dimensions = dimensions, .planes = 5, .features = 3, .channels = 32, .levels = 2}, 5);
  const auto weights = network->named_parameters()["down0_0_first_weight"].detach();
  auto centre = weights;
  for (int axis = 0; axis < dimensions; ++axis)
    centre = centre.select(2, 1);
  const double all = weights.square().sum().item<double>(), own = centre.square().sum().item<double>();
  const double relative_error = std::sqrt(2.0 / static_cast<double>(centre.numel())); // of the variance of N normals
  EXPECT_NEAR(own / all, 0.5, 4 * relative_error * 0.5);
  const double gain = 2; // of variance
  EXPECT_NEAR(all / static_cast<double>(weights.size(0)), gain, 4 * relative_error * gain);
}

INSTANTIATE_TEST_SUITE_P(Dimensions, Network, ::testing::Values(1, 2, 3));

} // namespace
} // namespace stint
