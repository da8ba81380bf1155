#pragma once
// One step of the exponential solvers, coordinate by coordinate.

#include "generative/interpolant.hpp"

#include <deque>

namespace stint {

/// A value of eta1 and where on the path it was taken; all in the coordinates of the path's basis.
struct Node {
  torch::Tensor alpha, beta; ///< float64, broadcastable to the coordinates
  torch::Tensor eta1;
};

/// From alpha, beta to `alpha_end`, `beta_end`: with R = beta/alpha and kappa = R/R_end,
///   X' = (alpha_end/alpha) kappa^eps X + sum_i g_i eta1_i + alpha_end sqrt(1 - kappa^{2 eps}) xi,
/// where sum_i g_i eta1_i = alpha_end R_end^{-eps} int eta1 d R^{1+eps} is exact if eta1 is a polynomial in log(R)
/// through its values at the nodes.
struct ExponentialStep {
  torch::Tensor alpha, beta, alpha_end, beta_end; ///< float64, broadcastable to the coordinates
  double eps = 0;

  /// Whether a coordinate moves in this step.
  torch::Tensor moves() const { return (alpha != alpha_end) | (beta != beta_end); }

  /// Whether a coordinate's step can use more than one value: not from or to pure noise or data, where it is frozen.
  torch::Tensor interior() const { return moves() & (alpha > 0) & (beta > 0) & (alpha_end > 0) & (beta_end > 0); }

  /// Whether a coordinate goes towards noise.
  torch::Tensor returns() const { return alpha_end * beta > alpha * beta_end; }

  /// How many of the nodes each coordinate can use: consecutive ones from the front, all at different places. The first
  /// node is at the beginning of the step.
  torch::Tensor usable(const std::deque<Node>& nodes) const;

  /// X' from X; `xi` white noise, needed for eps > 0. Uses at most `order` <= 3 nodes. For eps > 0, R must not fall.
  torch::Tensor advance(const torch::Tensor& x, const std::deque<Node>& nodes, int order,
                        const torch::Tensor& xi) const;

private:
  torch::Tensor rise(const torch::Tensor& a, const torch::Tensor& b) const;
};

} // namespace stint
