#pragma once
// The stochastic interpolant I(alpha, beta) = alpha x0 + beta x1 (arXiv:2508.04605, eq. 1): noise x0, data x1.

#include "generative/operators/operator.hpp"

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

/// The pair (alpha, 1 - alpha) of operators diagonal in `basis` with the entries alpha = `levels`.
inline Pair pair_of_levels(Basis basis, const torch::Tensor& levels) {
  const Operator alpha = Operator::diagonal(basis, levels);
  return {alpha, Operator(1) - alpha};
}

} // namespace stint
