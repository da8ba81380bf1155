#pragma once
// Levels by gradient: through a solver with few steps, or through the drift along a path.

#include "generative/adaptation/levels.hpp"

#include <functional>
#include <vector>

namespace stint {

/// What to make small, as a function of levels (steps + 1, groups); a sum of parts over the batch, each with a graph of
/// its own, so that the memory of one part is enough.
struct LevelObjective {
  std::int64_t parts = 1;
  std::function<torch::Tensor(const torch::Tensor& levels, std::int64_t part)> value;
};

struct LearnedLevels {
  torch::Tensor levels;        ///< the best ones met
  std::vector<double> history; ///< the objective at every evaluation
};

/// Minimises the objective over monotone levels from `start`, by L-BFGS with a line search (Nocedal & Wright, section
/// 7.2) in the parameters of levels_of(): at most `evaluations` of the objective and its gradient. `progress` hears of
/// each. No randomness: the objective keeps its noise.
LearnedLevels learn_levels(const LevelObjective& objective, const torch::Tensor& start, int evaluations,
                           const std::function<void(int done, double value)>& progress = {});

} // namespace stint
