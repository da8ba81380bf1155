#include "generative/images/restoration/peers.hpp"

#include "generative/solvers/solver.hpp"

#include <torch/optim/lbfgs.h>

#include <cmath>

namespace stint {
namespace {

/// T(z)
torch::Tensor transported(Flow& flow, torch::Tensor z, int steps) {
  const double h = 1.0 / steps;
  for (int step = 0; step < steps; ++step) {
    const double t = step * h;
    z = z + h * flow.velocity(z + h / 2 * flow.velocity(z, t), t + h / 2);
  }
  return z;
}

/// T^{-1}(x)
torch::Tensor inverted(Flow& flow, const torch::Tensor& x) {
  const torch::NoGradGuard no_gradients;
  const Drift drift = [&flow](const Pair& pair, const torch::Tensor& state) { return flow(pair, state); };
  const auto way = reversed(knots(generation().path, Schedule::uniform(1), x.device()));
  return solve(drift, x, way, {.method = Method::dopri5, .tolerance = 1e-4}).x;
}

} // namespace

torch::Tensor d_flow(Flow& flow, const Problem& problem, const torch::Tensor& y, const DFlowOptions& options,
                     const Normals& normals) {
  const torch::AutoGradMode gradients(true);
  const auto start =
      std::sqrt(options.blend) * inverted(flow, problem.H(y)) + std::sqrt(1 - options.blend) * normals(0);
  const auto directions = static_cast<double>(y[0].numel());
  std::vector<torch::Tensor> restored;
  for (std::int64_t n = 0; n < y.size(0); ++n) {
    const Problem one = problem.of_image(n);
    const auto seen = y.narrow(0, n, 1);
    const auto z = start.narrow(0, n, 1).detach().clone().requires_grad_(true);
    torch::optim::LBFGS lbfgs(
        {z},
        torch::optim::LBFGSOptions().max_iter(options.inner_steps).history_size(100).line_search_fn("strong_wolfe"));
    const auto closure = [&] {
      const auto size2 = z.square().sum();
      const auto misfit = (one.H(transported(flow, z, options.midpoint_steps)) - seen).square().sum();
      const auto loss = misfit + options.regulariser * (size2 - (directions - 1) * size2.log()) / 2;
      flow.count(2 * options.midpoint_steps);
      z.mutable_grad() = torch::autograd::grad({loss}, {z})[0].contiguous();
      return loss;
    };
    for (int step = 0; step < options.outer_steps; ++step)
      lbfgs.step(closure);
    const torch::NoGradGuard no_gradients;
    restored.push_back(transported(flow, z, options.midpoint_steps));
  }
  return torch::cat(restored);
}

} // namespace stint
