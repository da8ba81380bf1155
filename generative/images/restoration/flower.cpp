#include "generative/images/restoration/peers.hpp"

namespace stint {

torch::Tensor flower(Flow& flow, const Problem& problem, const torch::Tensor& y, const FlowerOptions& options,
                     const Normals& normals) {
  const torch::NoGradGuard no_gradients;
  auto sum = torch::zeros_like(y);
  std::int64_t number = 0;
  for (int run = 0; run < options.averages; ++run) {
    auto x = normals(number++);
    for (int step = 0; step < options.steps; ++step) {
      const double t = static_cast<double>(step) / options.steps;
      const double next = static_cast<double>(step + 1) / options.steps;
      const double variance = (1 - t) * (1 - t) / (t * t + (1 - t) * (1 - t));
      const auto mean = flow.data(x, t);
      const Operator gain = problem.gain(variance);
      auto refined = mean + gain(y - problem.H(mean));
      if (options.uncertain) // variance (1 - gain H) is the covariance in its finite form
        refined = refined + (variance * (Operator(1) - gain * problem.H)).root()(normals(number++));
      x = next * refined + (1 - next) * normals(number++);
    }
    sum = sum + x;
  }
  return sum / options.averages;
}

} // namespace stint
