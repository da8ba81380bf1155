#include "generative/schedule.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace stint {

double alpha_of_log_ratio(double log_ratio) { return 1 / (1 + std::exp(-log_ratio)); }

std::vector<double> log_ratio_schedule(int steps) {
  if (steps < 3)
    throw std::invalid_argument("a path needs at least 3 steps, not " + std::to_string(steps));
  std::vector<double> alphas(steps + 1);
  alphas[0] = 1;
  for (int i = 1; i < steps; ++i)
    alphas[i] = alpha_of_log_ratio(log_ratio_range * (1 - 2 * static_cast<double>(i - 1) / (steps - 2)));
  alphas[steps] = 0;
  return alphas;
}

} // namespace stint
