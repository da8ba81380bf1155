#pragma once
// The inverse of the covariance of an interpolant: the linear algebra of every Gaussian estimate.

#include "generative/operators/pair.hpp"

namespace stint {

/// w = (alpha^2 + beta^2 Sigma)^{-1} signal, for alpha and beta diagonal in one basis and Sigma in that or another one.
///
/// Where all share a basis this is a division. Otherwise, with sigma = signal/(alpha^2 + beta^2) in the coordinates of
/// the pair,
///   w = sigma + beta v,   (alpha^2 + beta Sigma beta) v = beta (sigma - Sigma sigma),
/// whose matrix is symmetric, positive, and harmless where alpha or beta is 0; v comes from conjugate gradients.
class Whitener {
public:
  /// Conjugate gradients in float64 until the residual is below `tolerance` (see conjugate_gradients()).
  static Whitener exact(const Pair& pair, const Operator& covariance, double tolerance);

  /// `iterations` of preconditioned conjugate gradients in the precision of the signal: differentiable, and with a
  /// tolerance of 0 of a fixed cost. 8 of them leave 1e-3 of the estimate where blocks are known, and 5 % of its short
  /// waves where every other site is, at the spectrum of phi^4 near its transition. A field whose residual has become
  /// smaller by the factor `tolerance` takes no more of them.
  static Whitener approximate(const Pair& pair, const Operator& covariance, int iterations, double tolerance = 0);

  torch::Tensor operator()(const torch::Tensor& signal) const;

private:
  Whitener(const Pair& pair, const Operator& covariance);

  Basis basis_ = Basis::any();
  torch::Tensor alpha2_, beta_; // entries in the basis of the pair
  Operator covariance_;
  std::optional<Operator> inverse_; // if it is diagonal
  double tolerance_ = 0;
  int iterations_ = 0; // 0: exact
};

} // namespace stint
