#pragma once
// The stochastic interpolant I(alpha, beta) = alpha x0 + beta x1 (arXiv:2508.04605, eq. 1).

#include "generative/torch.hpp"

namespace stint {

/// A pair of scalar operators for each configuration of a batch. Both tensors have shape (N, 1, ..., 1), so that they
/// multiply fields (N, L1, ..., Ld).
struct Pair {
  torch::Tensor alpha; ///< weight of the noise x0, in [0, 1]
  torch::Tensor beta;  ///< weight of the data x1, in [0, 1]
};

/// The pairs (alpha, 1 - alpha) for alpha (N) and fields of `dimensions` directions.
inline Pair scalar_pair(const torch::Tensor& alpha, int dimensions) {
  std::vector<std::int64_t> shape(dimensions + 1, 1);
  shape[0] = -1;
  const auto column = alpha.reshape(shape);
  return {column, 1 - column};
}

/// I(alpha, beta) = alpha x0 + beta x1.
inline torch::Tensor interpolate(const Pair& pair, const torch::Tensor& x0, const torch::Tensor& x1) {
  return pair.alpha * x0 + pair.beta * x1;
}

} // namespace stint
