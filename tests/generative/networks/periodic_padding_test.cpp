#include "generative/networks/periodic_padding.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

/// Value and gradient against LibTorch's, in every dimension, memory format and precision.
class Padding : public ::testing::TestWithParam<std::vector<std::int64_t>> {};

TEST_P(Padding, EqualsCircularPaddingAndItsGradient) {
  const auto& shape = GetParam();
  const auto dimensions = static_cast<std::int64_t>(shape.size()) - 2;
  const auto random = [](const std::vector<std::int64_t>& of) {
    return torch::randn(of, at::make_generator<at::CPUGeneratorImpl>(of.size()), torch::kDouble);
  };
  std::vector<std::int64_t> padded_shape = shape;
  for (std::size_t axis = 2; axis < shape.size(); ++axis)
    padded_shape[axis] += 2;
  std::vector<at::MemoryFormat> formats = {at::MemoryFormat::Contiguous};
  if (dimensions > 1)
    formats.push_back(dimensions == 2 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::ChannelsLast3d);
  for (const auto format : formats) {
    const auto x = random(shape).contiguous(format).requires_grad_();
    const auto weights = random(padded_shape).contiguous(format);
    const auto padded = pad_periodic(x);
    const auto expected = at::pad(x, std::vector<std::int64_t>(2 * dimensions, 1), "circular");
    EXPECT_TRUE(torch::equal(padded, expected));
    EXPECT_TRUE(padded.is_contiguous(format));
    const auto gradient = torch::autograd::grad({(weights * padded).sum()}, {x})[0];
    EXPECT_TRUE(torch::allclose(gradient, torch::autograd::grad({(weights * expected).sum()}, {x})[0], 1e-14, 1e-14));
  }
}

INSTANTIATE_TEST_SUITE_P(Dimensions, Padding,
                         ::testing::Values(std::vector<std::int64_t>{3, 4, 5}, std::vector<std::int64_t>{3, 4, 5, 6},
                                           std::vector<std::int64_t>{2, 4, 2, 1}, // as narrow as it can be
                                           std::vector<std::int64_t>{2, 3, 4, 5, 6}));

} // namespace
} // namespace stint
