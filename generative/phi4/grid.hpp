#pragma once
// Functions on a box, linear between the points of a grid.

#include "generative/torch.hpp"

#include <initializer_list>
#include <utility>

namespace stint {

/// Equally spaced points on [low, high], two at least; values beyond count as the nearest end.
struct GridAxis {
  double low, high;
  std::int64_t points;
};

/// Where N values lie on the product of axes: the corners of each one's cell, as numbers of the flattened grid (the
/// last axis the fastest), and what they count there, both (N, 2^axes). Weights are differentiable in the values.
struct GridWeights {
  torch::Tensor corners, weights;

  /// Values (N) for each axis.
  explicit GridWeights(std::initializer_list<std::pair<GridAxis, torch::Tensor>> values);

  /// The function with these values at the points, (points) or (points, M): (N) or (N, M).
  torch::Tensor operator()(const torch::Tensor& table) const;

  /// Adds to matrix (points, points) and right (points) what the normal equations of the least squares of
  /// sum_n c_n (function(n) - value_n)^2 have from these n: sum_n c_n weights_ni weights_nj and
  /// sum_n c_n weights_ni value_n. Both are contiguous.
  void add_to_normal_equations(torch::Tensor& matrix, torch::Tensor& right, const torch::Tensor& c,
                               const torch::Tensor& value) const;
};

} // namespace stint
