#include "generative/adaptation/levels.hpp"

#include "generative/paths/task.hpp"
#include "generative/solvers/path_variance.hpp"

#include <stdexcept>

namespace stint {

LevelGroups LevelGroups::shells(const Operator& variance, std::int64_t most) {
  if (most < 1)
    throw std::invalid_argument("coordinates lie in at least 1 shell, not " + std::to_string(most));
  const auto [parts, group, counts] =
      at::_unique2(alike(variance.values().cpu(), static_cast<int>(most)), /*sorted=*/true, /*return_inverse=*/true);
  return {variance.basis(), group, parts.numel()};
}

LevelGroups LevelGroups::blocks(const Geometry& geometry, std::int64_t size) {
  const auto order = block_order(geometry, size).to(torch::kLong);
  return {Basis::site(), order, order.max().item<std::int64_t>() + 1};
}

Schedule LevelGroups::schedule(const torch::Tensor& levels) const {
  if (!group.defined())
    return Schedule::of_levels(levels.flatten());
  auto shape = group.sizes().vec();
  shape.insert(shape.begin(), levels.size(0));
  return Schedule::of_levels(levels.index_select(1, group.flatten()).reshape(shape), basis);
}

torch::Tensor levels_of(const torch::Tensor& parameters) {
  const auto steps = parameters.to(torch::kDouble).softmax(0);
  // What is still to come, from the last step on, so that the last levels are as exact as they are small.
  const auto rest = steps.flip(0).cumsum(0).flip(0).narrow(0, 1, steps.size(0) - 1);
  const auto ends = torch::ones_like(steps.narrow(0, 0, 1));
  return torch::cat({ends, rest, torch::zeros_like(ends)});
}

torch::Tensor parameters_of(const torch::Tensor& levels) {
  constexpr double shortest = 1e-6;
  const auto steps = levels.size(0) - 1;
  return (levels.narrow(0, 0, steps) - levels.narrow(0, 1, steps)).clamp_min(shortest).log();
}

} // namespace stint
