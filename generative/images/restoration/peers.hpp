#pragma once
// Methods of others that restore images with a model of flow matching, from the formulas of their papers: each takes
// y = H x1 + sigma xi to one estimate of x1. They ask the model at multiples of the identity only.

#include "generative/images/restoration/flow.hpp"
#include "generative/images/restoration/problem.hpp"

namespace stint {

/// Standard normal fields number i of a run, (N, C, L1, L2), each image's its own.
using Normals = std::function<torch::Tensor(std::int64_t i)>;

/// PnP-Flow (Martin et al., arXiv:2410.02423, algorithm 3). For t = 0, 1/n, ..., 1 - 1/n a step towards the data, then
/// back to the flow's path and denoise, averaged over `averages` draws of x0:
///   z = x - (1 - t)^exponent H (H x - y),   x = <E[x1 | x_t = t z + (1 - t) x0]>.
struct PnpFlowOptions {
  int steps = 100, averages = 5;
  double exponent = 0.5;
};
torch::Tensor pnp_flow(Flow& flow, const Problem& problem, const torch::Tensor& y, const PnpFlowOptions& options,
                       const Normals& normals);

/// OT-ODE (Pokle et al., arXiv:2310.04432, algorithm 1). Euler steps 1/steps of dx/dt = v + gamma (1 - t)/t g from
/// x = t0 H y + (1 - t0) x0 at t = t0, with the gradient of log p(y | x_t) for x1 given x_t Gaussian of variance
/// r^2 = (1 - t)^2/(t^2 + (1 - t)^2),
///   g = J^T H (r^2 H^2 + sigma^2)^{-1} (y - H E[x1 | x_t]),   J = d E[x1 | x_t]/dx.
struct OtOdeOptions {
  int steps = 100;
  double start = 0.1;       ///< t0
  bool rising_gamma = true; ///< gamma = sqrt(t/(t^2 + (1 - t)^2)), else 1
};
torch::Tensor ot_ode(Flow& flow, const Problem& problem, const torch::Tensor& y, const OtOdeOptions& options,
                     const Normals& normals);

/// D-Flow (Ben-Hamu et al., arXiv:2402.14017). The point z at t = 0 from which `midpoint_steps` midpoint steps of the
/// flow, T(z), meet the data, found by L-BFGS with strong Wolfe line search, for each image by itself:
///   |H T(z) - y|^2 + regulariser (|z|^2/2 - (d - 1) log |z|),
/// the bracket being -log of the density of |z| for z white noise in d directions. It starts from
/// sqrt(blend) T^{-1}(H y) + sqrt(1 - blend) x0; T^{-1} by dopri5.
struct DFlowOptions {
  int outer_steps = 9, inner_steps = 20; ///< inner_steps of L-BFGS each; its memory goes on from one to the next
  int midpoint_steps = 5;
  double regulariser = 0.001, blend = 0.1;
};
torch::Tensor d_flow(Flow& flow, const Problem& problem, const torch::Tensor& y, const DFlowOptions& options,
                     const Normals& normals);

/// Flow-Priors (Zhang et al., arXiv:2405.18816, algorithm 1): for t_i from 0.001 in `steps` Euler steps of length
/// dt = 1/steps, `inner_steps` of Adam with the gradient of
///   weight |H (x + v dt) - y'|^2 + dt tr(dv/dx) - log p_t(x),   y' = t' y + (1 - t') H x0,   t' = t + dt,
/// then x + v dt. The trace is Hutchinson's estimate with one vector; -grad log p_t(x) = (x - t v)/(1 - t), and x at
/// the first step.
struct FlowPriorsOptions {
  int steps = 100, inner_steps = 1;
  double learning_rate = 0.01, weight = 1e4;
};
torch::Tensor flow_priors(Flow& flow, const Problem& problem, const torch::Tensor& y, const FlowPriorsOptions& options,
                          const Normals& normals);

/// Flower (Pourya et al., ICLR 2026, arXiv:2509.26287). For t = 0, 1/n, ..., 1 - 1/n, with m = E[x1 | x_t] and x1 given
/// x_t Gaussian of variance r^2 as in OT-ODE,
///   x1' = m + r^2 H (sigma^2 + r^2 H^2)^{-1} (y - H m) [+ noise of the covariance (1/r^2 + H^2/sigma^2)^{-1}],
///   x = t' x1' + (1 - t') x0,   t' = t + 1/n,
/// averaged over `averages` runs. The noise in brackets is added if `uncertain`.
struct FlowerOptions {
  int steps = 100, averages = 1;
  bool uncertain = false;
};
torch::Tensor flower(Flow& flow, const Problem& problem, const torch::Tensor& y, const FlowerOptions& options,
                     const Normals& normals);

} // namespace stint
