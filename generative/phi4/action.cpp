#include "generative/phi4/action.hpp"

namespace stint {

torch::Tensor phi4_action(const Phi4& theory, const torch::Tensor& phi) {
  const auto x = phi.to(torch::kDouble), square = x.square();
  auto density =
      theory.onsite(static_cast<int>(phi.dim() - 2)) * square + theory.lambda * square.square() - theory.field * x;
  for (std::int64_t axis = 2; axis < phi.dim(); ++axis)
    density = density - 2 * x * x.roll(-1, axis);
  return density.flatten(1).sum(1);
}

torch::Tensor phi4_force(const Phi4& theory, const torch::Tensor& phi) {
  auto neighbours = torch::zeros_like(phi);
  for (std::int64_t axis = 2; axis < phi.dim(); ++axis)
    neighbours += phi.roll(1, axis) + phi.roll(-1, axis);
  const double onsite = theory.onsite(static_cast<int>(phi.dim() - 2));
  return -2 * onsite * phi - 4 * theory.lambda * phi.pow(3) + 2 * neighbours + theory.field;
}

} // namespace stint
