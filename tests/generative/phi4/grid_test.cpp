#include "generative/phi4/grid.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

constexpr GridAxis first = {-1, 1, 3}, second = {0, 4, 5};

torch::Tensor uniform(double low, double high, std::int64_t count, std::uint64_t seed) {
  return low + (high - low) * torch::rand({count}, at::make_generator<at::CPUGeneratorImpl>(seed), torch::kDouble);
}

TEST(Grid, IsExactForFunctionsLinearInEachDirection) {
  const auto f = [](const torch::Tensor& x, const torch::Tensor& y) { return 1 + 2 * x - y + 3 * x * y; };
  const auto x = torch::tensor({-1.0, 0.0, 1.0}, torch::kDouble).repeat_interleave(5);
  const auto y = torch::arange(5, torch::kDouble).repeat(3);
  const auto a = uniform(-1, 1, 100, 1), b = uniform(0, 4, 100, 2);
  const GridWeights at{{first, a}, {second, b}};
  EXPECT_LT((at(f(x, y)) - f(a, b)).abs().max().item<double>(), 1e-12);
  const auto both = at(torch::stack({f(x, y), -f(x, y)}, 1));
  EXPECT_LT((both.select(1, 1) + f(a, b)).abs().max().item<double>(), 1e-12);
}

TEST(Grid, BeyondTheBoxIsItsEdge) {
  const GridWeights at{{second, torch::tensor({-3.0, 4.0, 1e30, HUGE_VAL}, torch::kDouble)}};
  EXPECT_TRUE(torch::equal(at(torch::arange(5, torch::kDouble)), torch::tensor({0.0, 4.0, 4.0, 4.0}, torch::kDouble)));
}

TEST(Grid, NormalEquationsFindTheTable) {
  const auto table = uniform(-1, 1, 15, 3);
  const GridWeights at{{first, uniform(-1, 1, 2000, 4)}, {second, uniform(0, 4, 2000, 5)}};
  auto matrix = torch::zeros({15, 15}, torch::kDouble), right = torch::zeros({15}, torch::kDouble);
  at.add_to_normal_equations(matrix, right, uniform(0.5, 1, 2000, 6), at(table));
  EXPECT_LT((torch::linalg_solve(matrix, right) - table).abs().max().item<double>(), 1e-10);
}

} // namespace
} // namespace stint
