#include "generative/phi4/action.hpp"

namespace stint {
namespace {

torch::Tensor sum_of_neighbours(const torch::Tensor& phi) {
  auto sum = torch::zeros_like(phi);
  for (std::int64_t axis = 2; axis < phi.dim(); ++axis)
    sum += phi.roll(1, axis) + phi.roll(-1, axis);
  return sum;
}

} // namespace

torch::Tensor phi4_action(const Phi4& theory, const torch::Tensor& phi) {
  const auto x = phi.to(torch::kDouble);
  return theory.site<double>(static_cast<int>(phi.dim() - 2)).density(x, sum_of_neighbours(x)).flatten(1).sum(1);
}

torch::Tensor phi4_force(const Phi4& theory, const torch::Tensor& phi) {
  return theory.site<double>(static_cast<int>(phi.dim() - 2)).kick(1)(0.0, phi, sum_of_neighbours(phi));
}

} // namespace stint
