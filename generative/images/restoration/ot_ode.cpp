#include "generative/images/restoration/peers.hpp"

#include <cmath>
#include <stdexcept>

namespace stint {

torch::Tensor ot_ode(Flow& flow, const Problem& problem, const torch::Tensor& y, const OtOdeOptions& options,
                     const Normals& normals) {
  if (!(options.start > 0 && options.start < 1))
    throw std::invalid_argument("OT-ODE starts at a time between 0 and 1");
  const auto first = static_cast<int>(std::lround(options.start * options.steps));
  auto x = options.start * problem.H(y) + (1 - options.start) * normals(0);
  for (int step = first; step < options.steps; ++step) {
    const double t = static_cast<double>(step) / options.steps;
    const double path_variance = t * t + (1 - t) * (1 - t), variance = (1 - t) * (1 - t) / path_variance;
    const double gamma = options.rising_gamma ? std::sqrt(t / path_variance) : 1;
    const torch::AutoGradMode gradients(true);
    const auto state = x.detach().requires_grad_(true);
    const auto mean = flow.data(state, t);
    const auto direction = problem.gain(variance)(y - problem.H(mean.detach())) / variance;
    const auto gradient = flow.pull_back(mean, state, direction);
    const auto velocity = (mean.detach() - x) / (1 - t);
    x = x + (velocity + gamma * (1 - t) / t * gradient) / options.steps;
  }
  return x;
}

} // namespace stint
