#include "generative/images/restoration/peers.hpp"

#include <torch/optim/adam.h>

namespace stint {

torch::Tensor flow_priors(Flow& flow, const Problem& problem, const torch::Tensor& y, const FlowPriorsOptions& options,
                          const Normals& normals) {
  constexpr double beginning = 1e-3;
  const torch::AutoGradMode gradients(true);
  const double dt = 1.0 / options.steps;
  const auto x0 = normals(0);
  const auto blurred_noise = problem.H(x0);
  auto x = x0.clone();
  std::int64_t number = 1;
  for (int step = 0; step < options.steps; ++step) {
    const double t = beginning + (1 - beginning) * step * dt;
    const auto target = (t + dt) * y + (1 - t - dt) * blurred_noise;
    x = x.detach().requires_grad_(true);
    torch::optim::Adam adam({x}, torch::optim::AdamOptions(options.learning_rate));
    for (int k = 0; k < options.inner_steps; ++k) {
      const auto probe = normals(number++);
      const auto velocity = flow.velocity(x, t);
      const auto trace = (flow.pull_back(velocity, x, probe, 1, /*differentiable=*/true) * probe).sum();
      const auto loss = options.weight * (problem.H(x + velocity * dt) - target).square().sum() + dt * trace;
      flow.count(2 * static_cast<double>(x.size(0)));
      const auto slope = torch::autograd::grad({loss}, {x})[0];
      x.mutable_grad() = slope + (step == 0 ? x : (x - t * velocity) / (1 - t)).detach();
      adam.step();
    }
    const torch::NoGradGuard no_gradients;
    x = x.detach() + flow.velocity(x.detach(), t) * dt;
  }
  return x;
}

} // namespace stint
