#pragma once
// A drift as papers on flow matching write it, and a count of what it was asked.

#include "generative/drifts/drift.hpp"

namespace stint {

/// x_t = t x1 + (1 - t) x0 from noise (t = 0) to data (t = 1): the interpolant with alpha = 1 - t, beta = t. Gradients
/// go through it where they are enabled.
class Flow {
public:
  explicit Flow(Drift drift) : drift_(std::move(drift)) {}

  Etas operator()(const Pair& pair, const torch::Tensor& x); ///< the drift itself
  torch::Tensor data(const torch::Tensor& x, double t);      ///< E[x1 | x_t = x]
  torch::Tensor velocity(const torch::Tensor& x, double t);  ///< E[x1 - x0 | x_t = x]

  /// J^T direction with J the Jacobian of `output` with respect to `input`, both (N, C, L1, L2). `passes` is the number
  /// of evaluations that lie between them. With `differentiable` the result can be differentiated again.
  torch::Tensor pull_back(const torch::Tensor& output, const torch::Tensor& input, const torch::Tensor& direction,
                          double passes = 1, bool differentiable = false);

  /// Passes through the network so far, forward or backward, times images; a pass backward through a Jacobian product
  /// counts two.
  double passes() const { return passes_; }
  void count(double passes) { passes_ += passes; } ///< others than those above

private:
  Drift drift_;
  double passes_ = 0;
};

} // namespace stint
