#pragma once
// The stochastic interpolant I(alpha, beta) = alpha x0 + beta x1 (arXiv:2508.04605, eq. 1): noise x0, data x1.

#include "generative/operator.hpp"

namespace stint {

struct Pair {
  Operator alpha; ///< of the noise
  Operator beta;  ///< of the data
};

/// I(alpha, beta) = alpha x0 + beta x1.
inline torch::Tensor interpolate(const Pair& pair, const torch::Tensor& x0, const torch::Tensor& x1) {
  return pair.alpha(x0) + pair.beta(x1);
}

/// The basis in which alpha and beta are both diagonal; nullopt if there is none.
inline std::optional<Basis> diagonal_basis(const Pair& pair) {
  if (!pair.alpha.is_diagonal() || !pair.beta.is_diagonal())
    return std::nullopt;
  return common_basis(pair.alpha.basis(), pair.beta.basis());
}

/// A pair of multiples of the identity for each configuration of a batch. Both tensors have shape (N, 1, ..., 1), so
/// that they multiply fields (N, L1, ..., Ld).
struct ScalarPair {
  torch::Tensor alpha, beta; ///< in [0, 1]
};

/// The pairs (alpha, 1 - alpha) for alpha (N) and fields of `dimensions` directions.
inline ScalarPair scalar_pair(const torch::Tensor& alpha, int dimensions) {
  std::vector<std::int64_t> shape(dimensions + 1, 1);
  shape[0] = -1;
  const auto column = alpha.reshape(shape);
  return {column, 1 - column};
}

/// I(alpha, beta) = alpha x0 + beta x1.
inline torch::Tensor interpolate(const ScalarPair& pair, const torch::Tensor& x0, const torch::Tensor& x1) {
  return pair.alpha * x0 + pair.beta * x1;
}

/// The pair as numbers, one for each of the fields (N, L1, ..., Ld). Throws std::invalid_argument that names `who` if
/// it is not a pair of multiples of the identity.
ScalarPair scalars(const Pair& pair, const torch::Tensor& fields, const std::string& who);

} // namespace stint
