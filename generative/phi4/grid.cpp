#include "generative/phi4/grid.hpp"

namespace stint {

GridWeights::GridWeights(std::initializer_list<std::pair<GridAxis, torch::Tensor>> values) {
  for (const auto& [axis, value] : values) {
    const auto last = static_cast<double>(axis.points - 1);
    const auto position = ((value - axis.low) * (last / (axis.high - axis.low))).clamp(0, last);
    const auto left = position.detach().floor().clamp_max(last - 1);
    const auto fraction = position - left;
    const auto two = torch::stack({left, left + 1}, 1).to(torch::kLong);
    const auto shares = torch::stack({1 - fraction, fraction}, 1);
    corners = corners.defined() ? (corners.unsqueeze(2) * axis.points + two.unsqueeze(1)).flatten(1) : two;
    weights = weights.defined() ? (weights.unsqueeze(2) * shares.unsqueeze(1)).flatten(1) : shares;
  }
}

torch::Tensor GridWeights::operator()(const torch::Tensor& table) const {
  const auto values = table.index_select(0, corners.flatten());
  const auto shape = corners.sizes();
  if (table.dim() == 1)
    return (values.reshape(shape) * weights).sum(1);
  return (values.reshape({shape[0], shape[1], -1}) * weights.unsqueeze(2)).sum(1);
}

void GridWeights::add_to_normal_equations(torch::Tensor& matrix, torch::Tensor& right, const torch::Tensor& c,
                                          const torch::Tensor& value) const {
  const auto weighted = weights * c.unsqueeze(1);
  const auto pairs = corners.unsqueeze(2) * right.size(0) + corners.unsqueeze(1);
  const auto type = matrix.scalar_type();
  matrix.view(-1).index_add_(0, pairs.flatten(), (weighted.unsqueeze(2) * weights.unsqueeze(1)).flatten().to(type));
  right.index_add_(0, corners.flatten(), (weighted * value.unsqueeze(1)).flatten().to(type));
}

} // namespace stint
