#include "generative/adaptation/learned_levels.hpp"

#include <torch/optim/lbfgs.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace stint {

LearnedLevels learn_levels(const LevelObjective& objective, const torch::Tensor& start, int evaluations,
                           const std::function<void(int done, double value)>& progress) {
  const torch::AutoGradMode gradients(true);
  LearnedLevels result{.levels = start, .history = {}};
  double least = std::numeric_limits<double>::infinity();
  auto parameters = parameters_of(start).set_requires_grad(true);
  torch::optim::LBFGS optimizer({parameters}, torch::optim::LBFGSOptions()
                                                  .max_iter(evaluations)
                                                  .max_eval(evaluations)
                                                  .tolerance_grad(1e-9)
                                                  .tolerance_change(1e-12)
                                                  .line_search_fn("strong_wolfe"));
  // The objective's own size, so that the first step of the search, as long as the gradient, is a sensible one.
  double unit = 0;
  struct Enough {}; // a search along a line does not look at the number of evaluations
  const auto closure = [&]() -> torch::Tensor {
    if (std::ssize(result.history) == evaluations)
      throw Enough();
    auto gradient = torch::zeros_like(parameters);
    double value = 0;
    for (std::int64_t part = 0; part < objective.parts; ++part) {
      const auto share = objective.value(levels_of(parameters), part);
      gradient += torch::autograd::grad({share}, {parameters})[0];
      value += share.item<double>();
    }
    if (!std::isfinite(value) || !gradient.isfinite().all().item<bool>())
      throw std::runtime_error("the objective, or its gradient, is not finite here: begin with more steps");
    result.history.push_back(value);
    if (value < least) {
      least = value;
      result.levels = levels_of(parameters).detach();
    }
    if (progress)
      progress(static_cast<int>(result.history.size()), value);
    if (unit == 0)
      unit = value > 0 ? value : 1;
    parameters.mutable_grad() = gradient / unit;
    return torch::tensor(value / unit, torch::kDouble);
  };
  try {
    optimizer.step(closure);
  } catch (const Enough&) {
  }
  return result;
}

} // namespace stint
