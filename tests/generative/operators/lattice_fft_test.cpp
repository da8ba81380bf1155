#include "generative/operators/lattice_fft.hpp"

#include "generative/operators/basis.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

torch::Tensor normals(std::vector<std::int64_t> shape, torch::ScalarType type) {
  torch::manual_seed(3);
  return torch::randn(shape, torch::kDouble).to(type);
}

const std::vector<std::vector<std::int64_t>> shapes = {
    {3, 1, 8}, {2, 2, 7}, {3, 1, 8, 6}, {2, 1, 5, 9}, {2, 1, 4, 6, 5}};

TEST(LatticeFft, IsTheDiscreteFourierTransform) {
  for (const auto& shape : shapes)
    for (const auto& [type, rounding] : {std::pair{torch::kFloat, 1e-5}, {torch::kDouble, 1e-13}}) {
      const auto fields = normals(shape, type);
      const auto axes = lattice_axes(fields);
      const auto modes = lattice_fft(fields);
      EXPECT_EQ(modes.sizes(), torch::fft::rfftn(fields, std::nullopt, axes).sizes());
      EXPECT_TRUE(modes.allclose(torch::fft::rfftn(fields, std::nullopt, axes), rounding, rounding));
      EXPECT_TRUE(inverse_lattice_fft(modes, fields.sizes().slice(2)).allclose(fields, rounding, rounding));
      EXPECT_TRUE(whole_lattice_fft(fields).allclose(torch::fft::fftn(fields, std::nullopt, axes), rounding, rounding));
    }
}

TEST(LatticeFft, OfStridedFieldsToo) {
  const auto fields = normals({6, 2, 4, 6}, torch::kDouble).narrow(0, 1, 4).transpose(2, 3);
  const auto expected = torch::fft::rfftn(fields, std::nullopt, {2, 3});
  EXPECT_TRUE(lattice_fft(fields).allclose(expected, 1e-13, 1e-13));
  EXPECT_TRUE(inverse_lattice_fft(expected.conj().conj(), fields.sizes().slice(2)).allclose(fields, 1e-13, 1e-13));
}

/// Of sum c(k) |F(k)|^2 Re F(k) ..., by LibTorch's transforms and ours: first and second derivatives.
TEST(LatticeFft, GradientsAreThoseOfTheDefinition) {
  for (const auto& shape : shapes) {
    const auto start = normals(shape, torch::kDouble);
    const auto axes = lattice_axes(start);
    const auto derivatives = [&](bool ours) {
      const auto fields = start.clone().requires_grad_();
      const auto modes = ours ? lattice_fft(fields) : torch::fft::rfftn(fields, std::nullopt, axes);
      const auto filter = torch::linspace(0.3, 1.7, modes[0][0].numel(), torch::kDouble).reshape(modes[0][0].sizes());
      const auto changed = filter * modes * modes.abs();
      const auto extents = fields.sizes().slice(2);
      const auto back = ours ? inverse_lattice_fft(changed, extents) : torch::fft::irfftn(changed, extents, axes);
      const auto gradient = torch::autograd::grad({back.pow(3).sum()}, {fields}, {}, true, true)[0];
      const auto second = torch::autograd::grad({gradient.sin().sum()}, {fields})[0];
      return std::pair{gradient.detach(), second};
    };
    const auto [first, second] = derivatives(true);
    const auto [first_expected, second_expected] = derivatives(false);
    EXPECT_TRUE(first.allclose(first_expected, 1e-10, 1e-10));
    EXPECT_TRUE(second.allclose(second_expected, 1e-8, 1e-8));
  }
}

TEST(LatticeFft, BitsDependOnNeitherTheBatchNorThreads) {
  const int threads = at::get_num_threads();
  for (const auto type : {torch::kFloat, torch::kDouble})
    for (const std::int64_t extent : {8, 16, 32}) {
      const auto fields = normals({64, 1, extent, extent}, type);
      at::set_num_threads(1);
      const auto modes = lattice_fft(fields), back = inverse_lattice_fft(modes, fields.sizes().slice(2));
      at::set_num_threads(2);
      EXPECT_TRUE(torch::equal(lattice_fft(fields), modes));
      EXPECT_TRUE(torch::equal(inverse_lattice_fft(modes, fields.sizes().slice(2)), back));
      const auto one = lattice_fft(fields.narrow(0, 5, 1));
      EXPECT_TRUE(torch::equal(one, modes.narrow(0, 5, 1)));
      EXPECT_TRUE(torch::equal(inverse_lattice_fft(one, fields.sizes().slice(2)), back.narrow(0, 5, 1)));
    }
  at::set_num_threads(threads);
}

} // namespace
} // namespace stint
