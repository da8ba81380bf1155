#include "generative/operators/operator.hpp"
#include "generative/operators/whitening.hpp"

#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

using testing::matrix_of;

const Geometry lattice({4, 6});

torch::Tensor random(std::vector<std::int64_t> shape, std::int64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kDouble);
}

double difference(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); }

torch::Tensor even(const torch::Tensor& values) { // values(k) = values(-k)
  return values + torch::roll(values.flip({0, 1}), {1, 1}, {0, 1});
}

struct Named {
  const char* name;
  Operator a;
};

std::vector<Named> all_kinds() {
  const auto site = Operator::diagonal(Basis::site(), random({4, 6}, 1).abs() + 0.2);
  const auto fourier = Operator::diagonal(Basis::fourier(), even(random({4, 6}, 2).abs() + 0.2));
  const auto blocks = Operator::diagonal(Basis::blocks(2), random({4, 6}, 3).abs() + 0.2);
  const auto dense = Operator::dense(random({24, 24}, 4) + 8 * torch::eye(24, torch::kDouble));
  return {{"number", 1.7},
          {"scalar", Operator::scalar(torch::tensor(0.3), 2)},
          {"site", site},
          {"Fourier", fourier},
          {"blocks", blocks},
          {"dense", dense},
          {"sum", 0.3 * site + 2 * fourier},
          {"product", site * fourier * blocks},
          {"difference", dense - 0.5 * site}};
}

TEST(Operator, AdjointIsTheAdjoint) {
  const auto u = random({3, 1, 4, 6}, 5), v = random({3, 1, 4, 6}, 6);
  for (const auto& [name, a] : all_kinds()) {
    const auto left = (u * a(v)).flatten(1).sum(1), right = (a.adjoint(u) * v).flatten(1).sum(1);
    EXPECT_LT(difference(left, right), 1e-11) << name;
    EXPECT_LT(difference(matrix_of(a, lattice).t(), a.adjoint(testing::unit_fields(lattice)).flatten(1).t()), 1e-12)
        << name;
  }
}

TEST(Operator, ArithmeticIsThatOfMatrices) {
  for (const auto& [name_a, a] : all_kinds()) {
    const auto A = matrix_of(a, lattice);
    EXPECT_LT(difference(matrix_of(a.inverse(), lattice), torch::linalg_inv(A)), 1e-7) << name_a;
    EXPECT_LT(difference(a.inverse().adjoint(testing::unit_fields(lattice)).flatten(1), torch::linalg_inv(A)), 1e-7)
        << name_a;
    for (const auto& [name_b, b] : all_kinds()) {
      const auto B = matrix_of(b, lattice);
      EXPECT_LT(difference(matrix_of(a * b, lattice), A.mm(B)), 1e-11) << name_a << " " << name_b;
      EXPECT_LT(difference(matrix_of(a + b, lattice), A + B), 1e-12) << name_a << " " << name_b;
      EXPECT_LT(difference(matrix_of(a - b, lattice), A - B), 1e-12) << name_a << " " << name_b;
    }
  }
}

TEST(Operator, StaysDiagonalInsideAFamily) {
  for (const Basis& basis : {Basis::site(), Basis::fourier(), Basis::blocks(2)}) {
    const auto a = Operator::diagonal(basis, even(random({4, 6}, 1).square() + 0.1)), b = 2 * a + 1;
    const auto all = (a * b - a).inverse();
    ASSERT_TRUE(all.is_diagonal());
    EXPECT_EQ(all.basis(), basis);
    const auto root = a.root();
    EXPECT_LT(difference(matrix_of(root * root, lattice), matrix_of(a, lattice)), 1e-12);
    EXPECT_LT(difference(matrix_of(root, lattice), matrix_of(root, lattice).t()), 1e-12);
  }
}

TEST(Operator, FactorsOfABatchGoWithItsFields) {
  const auto v = random({2, 1, 4, 6}, 1);
  const auto both = Operator::scalar(torch::tensor({2.0, -1.0}), 2)(v);
  EXPECT_EQ(difference(both[0], 2 * v[0]), 0);
  EXPECT_EQ(difference(both[1], -v[1]), 0);
}

TEST(Operator, FourierEntriesMultiplyPlaneWaves) {
  const auto values = even(random({4, 6}, 1));
  const auto x = torch::arange(4, torch::kDouble).reshape({4, 1}), y = torch::arange(6, torch::kDouble);
  for (int k = 0; k < 4; ++k)
    for (int l = 0; l < 6; ++l) {
      const auto wave = torch::cos(2 * M_PI * (k * x / 4.0 + l * y / 6.0) + 0.3).reshape({1, 1, 4, 6});
      EXPECT_LT(difference(Operator::diagonal(Basis::fourier(), values)(wave), values[k][l] * wave), 1e-12);
    }
}

TEST(Operator, KeepsThePrecisionOfFields) {
  for (const auto& [name, a] : all_kinds())
    for (const auto type : {torch::kFloat, torch::kDouble}) {
      const auto v = random({2, 1, 4, 6}, 1).to(type);
      EXPECT_EQ(a(v).scalar_type(), type) << name;
      EXPECT_LT(difference(a(v).to(torch::kDouble), a(v.to(torch::kDouble))), 1e-4) << name;
    }
}

TEST(Basis, OfBlocksIsOrthonormalWithAveragesInFront) {
  const auto unit = testing::unit_fields(lattice);
  const auto matrix = Basis::blocks(2).coordinates(unit).flatten(1);
  EXPECT_LT(difference(matrix.mm(matrix.t()), torch::eye(24, torch::kDouble)), 1e-14);
  const auto v = random({3, 1, 4, 6}, 1);
  EXPECT_LT(difference(Basis::blocks(2).fields(Basis::blocks(2).coordinates(v), v), v), 1e-14);
  const auto averages = torch::avg_pool2d(v, {2, 2});
  const torch::indexing::Slice all, even_entries(0, torch::indexing::None, 2);
  const auto in_front = Basis::blocks(2).coordinates(v).index({all, all, even_entries, even_entries});
  EXPECT_LT(difference(in_front, 2 * averages), 1e-14);
  EXPECT_THROW(Basis::blocks(4).coordinates(v), std::invalid_argument); // 6 / 4
}

TEST(Operator, RefusesWhatDoesNotExist) {
  const auto site = Operator::diagonal(Basis::site(), random({4, 6}, 1));
  EXPECT_THROW(site.root(), std::invalid_argument); // negative entries
  const auto dense = Operator::dense(torch::eye(24, torch::kDouble));
  EXPECT_THROW(dense.root(), std::logic_error);
  EXPECT_THROW(dense.values(), std::logic_error);
  EXPECT_THROW(dense.basis(), std::logic_error);
  EXPECT_FALSE(common_basis(Basis::site(), Basis::fourier()).has_value());
  EXPECT_FALSE(common_basis(Basis::blocks(2), Basis::blocks(3)).has_value());
  EXPECT_EQ(*common_basis(Basis::any(), Basis::blocks(2)), Basis::blocks(2));
}

torch::Tensor positive_matrix(std::int64_t size) {
  const auto root = random({size, size}, 1);
  return root.mm(root.t()) + 0.1 * torch::eye(size, torch::kDouble);
}

TEST(Whitener, HasAGradientWhereNearlyAllIsKnown) {
  // The iteration arrives before it ends, and then divides 0 by 0.
  auto levels = torch::zeros({4, 6}, torch::kDouble);
  levels[1][2] = 0.7;
  const Pair pair = pair_of_levels(Basis::site(), levels);
  const auto phases = torch::arange(24, torch::kDouble).reshape({4, 6});
  const Operator covariance = Operator::diagonal(Basis::fourier(), even(2 + phases.cos()));
  auto signal = random({2, 1, 4, 6}, 5);
  signal[1] = 0; // arrives at once
  signal.requires_grad_();
  const auto value = [&](const torch::Tensor& y) {
    return Whitener::approximate(pair, covariance, 30)(y).square().sum();
  };
  const auto gradient = torch::autograd::grad({value(signal)}, {signal})[0];
  const auto direction = random({2, 1, 4, 6}, 6);
  constexpr double h = 1e-6;
  const torch::NoGradGuard no_gradients;
  const double slope = ((value(signal + h * direction) - value(signal - h * direction)) / (2 * h)).item<double>();
  EXPECT_NEAR((gradient * direction).sum().item<double>(), slope, 1e-6 * std::abs(slope));
}

TEST(ConjugateGradients, AgreesWithDenseSolves) {
  const auto matrix = positive_matrix(24), right = random({5, 24}, 2);
  const auto apply = [&](const torch::Tensor& u) { return u.mm(matrix); };
  EXPECT_LT(difference(conjugate_gradients(apply, right), right.mm(torch::linalg_inv(matrix))), 1e-8);
  EXPECT_EQ(conjugate_gradients(apply, torch::zeros({2, 24}, torch::kDouble)).abs().max().item<double>(), 0);
  EXPECT_EQ(conjugate_gradients(apply, right.to(torch::kFloat)).scalar_type(), torch::kFloat);
}

TEST(ConjugateGradients, SolvesEachFieldByItself) {
  const auto matrix = positive_matrix(24);
  const auto apply = [&](const torch::Tensor& u) { return u.mm(matrix); };
  auto right = random({3, 24}, 2);
  right[0] *= 1e8;
  right[1] *= 1e-8;
  const auto all = conjugate_gradients(apply, right), exact = right.mm(torch::linalg_inv(matrix));
  EXPECT_LT(((all - exact).norm(2, 1) / exact.norm(2, 1)).max().item<double>(), 1e-9);
}

TEST(ConjugateGradients, SingularSystemsAreErrors) {
  auto entries = torch::ones({1, 24}, torch::kDouble);
  entries[0][0] = 0;
  const auto apply = [&](const torch::Tensor& u) { return u * entries; };
  EXPECT_THROW(conjugate_gradients(apply, torch::ones({1, 24}, torch::kDouble)), std::runtime_error);
  EXPECT_LT(difference(conjugate_gradients(apply, entries), entries), 1e-12); // in the range
}

TEST(ConjugateGradients, HasTheDerivativeOfTheInverse) {
  const auto matrix = positive_matrix(24);
  const auto apply = [&](const torch::Tensor& u) { return u.mm(matrix); };
  auto right = random({2, 24}, 2);
  right[1] = 0;
  right.set_requires_grad(true);
  const auto v = random({2, 24}, 3);
  (conjugate_gradients(apply, right) * v).sum().backward();
  EXPECT_LT(difference(right.grad(), v.mm(torch::linalg_inv(matrix))), 1e-8);
}

} // namespace
} // namespace stint
