// Bases as values, and what an operator that is diagonal in one of them has on the diagonal in another.

#include "generative/operators/modes.hpp"
#include "generative/operators/operator.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

const Layout layout{.geometry = Geometry({4, 6}), .channels = 2, .boundary = Boundary::open};

double difference(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); }

torch::Tensor random(std::vector<std::int64_t> shape, std::int64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kDouble);
}

Basis random_rotation() { return Basis::orthogonal(std::get<0>(torch::linalg_qr(random({24, 24}, 9), "complete"))); }

std::vector<Basis> real_bases() { return {Basis::site(), Basis::cosine(), Basis::blocks(2), random_rotation()}; }

/// The sites' unit vectors, (24, 1, 4, 6).
torch::Tensor units() { return torch::eye(24, torch::kDouble).reshape({24, 1, 4, 6}); }

TEST(Basis, RotatesTheLatticeOfEachChannelByItself) {
  const auto x = random(layout.shape(3), 1);
  for (const auto& basis : real_bases()) {
    const auto rotation = basis.coordinates(units()).flatten(1); // row x: the coordinates of site x
    EXPECT_LT(difference(rotation.mm(rotation.t()), torch::eye(24, torch::kDouble)), 1e-13) << basis.text();
    const auto expected = x.flatten(2).matmul(rotation).reshape(x.sizes());
    EXPECT_LT(difference(basis.coordinates(x), expected), 1e-13) << basis.text();
    EXPECT_LT(difference(basis.fields(basis.coordinates(x), x), x), 1e-13) << basis.text();
  }
}

TEST(Basis, CosinesAreThoseOfTheirDefinition) {
  const auto rotation = Basis::cosine().coordinates(units());
  for (int x = 0; x < 4; ++x)
    for (int y = 0; y < 6; ++y)
      for (int k = 0; k < 4; ++k)
        for (int l = 0; l < 6; ++l) {
          const double expected = std::sqrt((k == 0 ? 1 : 2) / 4.0) * std::cos(M_PI * (x + 0.5) * k / 4) *
                                  std::sqrt((l == 0 ? 1 : 2) / 6.0) * std::cos(M_PI * (y + 0.5) * l / 6);
          EXPECT_NEAR((rotation[x * 6 + y][0][k][l].item<double>()), expected, 1e-14);
        }
}

TEST(Basis, CosinesDiagonaliseTheLaplacianOfOpenBoundaries) {
  // phat^2 is the operator that adds (phi_x - phi_y)^2 for all neighbours x, y inside the lattice.
  const auto laplacian = Operator::diagonal(Basis::cosine(), phat2_of(layout));
  const auto x = random({1, 1, 4, 6}, 2);
  const auto sum =
      (x.slice(2, 1) - x.slice(2, 0, 3)).square().sum() + (x.slice(3, 1) - x.slice(3, 0, 5)).square().sum();
  EXPECT_NEAR((x * laplacian(x)).sum().item<double>(), sum.item<double>(), 1e-12);
}

TEST(Basis, DiagonalInAnotherBasisIsThatOfTheMatrix) {
  auto values = random({4, 6}, 3).square() + 0.1;
  values = values + torch::roll(values.flip({0, 1}), {1, 1}, {0, 1}); // k and -k alike, for Fourier modes
  auto from = real_bases();
  from.push_back(Basis::fourier());
  for (const auto& own : from)
    for (const auto& other : from) {
      const auto found = Operator::diagonal(own, values).diagonal_in(other, layout.sites()).expand({4, 6});
      const auto matrix = Operator::diagonal(own, values)(units()).flatten(1);
      torch::Tensor expected;
      if (other == Basis::fourier()) { // <k|matrix|k> of plane waves
        const auto waves = torch::fft::fftn(units(), std::nullopt, {2, 3}, "ortho").flatten(1);
        expected = torch::real((waves.conj().t().mm(matrix.to(torch::kComplexDouble)).mm(waves)).diagonal());
      } else {
        const auto rotation = other.coordinates(units()).flatten(1);
        expected = rotation.t().mm(matrix).mm(rotation).diagonal();
      }
      EXPECT_LT(difference(found.flatten(), expected), 1e-12) << own.text() << " in " << other.text();
    }
  const Operator number = 3;
  EXPECT_EQ(difference(number.diagonal_in(Basis::site(), layout.sites()), torch::tensor(3.0)), 0);
}

TEST(Basis, DiagonalsOfBatchesAndChannelsGoTogether) {
  const auto values = random({5, 2, 4, 6}, 4).square();
  const auto all = Operator::diagonal(Basis::cosine(), values).diagonal_in(Basis::site(), layout.sites());
  ASSERT_EQ(all.sizes(), values.sizes());
  const auto one = Operator::diagonal(Basis::cosine(), values[3][1]).diagonal_in(Basis::site(), layout.sites());
  EXPECT_LT(difference(all[3][1], one), 1e-14);
}

TEST(Basis, RefusesMatricesThatAreNone) {
  EXPECT_THROW(Basis::orthogonal(torch::ones({3, 3})), std::invalid_argument);
  EXPECT_THROW(Basis::orthogonal(torch::ones({3, 2})), std::invalid_argument);
  EXPECT_THROW(random_rotation().coordinates(torch::ones({1, 1, 5})), std::invalid_argument);
}

TEST(Basis, OfTheSameMatrixAreEqual) {
  const auto basis = random_rotation(), copy = basis, other = random_rotation();
  EXPECT_EQ(basis, copy);
  EXPECT_EQ(basis, copy.to(torch::kCPU));
  EXPECT_NE(basis, other); // whoever made it
  EXPECT_TRUE(
      (Operator::diagonal(basis, torch::ones({24})) * Operator::diagonal(copy, torch::ones({24}))).is_diagonal());
}

TEST(Modes, BelowAMomentum) {
  // p = 2 pi n/L below pi/2 on a periodic line of 8, pi n/L on an open one.
  const Layout periodic{Geometry({8})}, open{.geometry = Geometry({8}), .channels = 1, .boundary = Boundary::open};
  const auto low = [](const std::vector<std::int64_t>& modes) {
    auto mask = torch::zeros({8}, torch::kBool);
    return mask.index_fill(0, torch::tensor(modes), true);
  };
  EXPECT_TRUE(torch::equal(modes_below(periodic, 2), low({0, 1, 7})));
  EXPECT_TRUE(torch::equal(modes_below(open, 2), low({0, 1, 2, 3})));
  EXPECT_EQ(mode_basis(periodic), Basis::fourier());
  EXPECT_EQ(mode_basis(open), Basis::cosine());
}

} // namespace
} // namespace stint
