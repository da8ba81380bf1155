#include "generative/images/restoration/peers.hpp"

#include <cmath>

namespace stint {

torch::Tensor pnp_flow(Flow& flow, const Problem& problem, const torch::Tensor& y, const PnpFlowOptions& options,
                       const Normals& normals) {
  const torch::NoGradGuard no_gradients;
  auto x = problem.H(y);
  for (int step = 0; step < options.steps; ++step) {
    const double t = static_cast<double>(step) / options.steps;
    const auto z = x - std::pow(1 - t, options.exponent) * problem.H(problem.H(x) - y);
    auto sum = torch::zeros_like(x);
    for (int k = 0; k < options.averages; ++k)
      sum = sum + flow.data(t * z + (1 - t) * normals(std::int64_t{step} * options.averages + k), t);
    x = sum / options.averages;
  }
  return x;
}

} // namespace stint
