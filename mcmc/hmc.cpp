#include "mcmc/hmc.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace stint {

void HmcSettings::validate() const {
  if (!(std::isfinite(step_size) && step_size > 0))
    throw std::invalid_argument("the step size of leapfrog must be a positive number, not " +
                                std::to_string(step_size));
  if (steps < 1)
    throw std::invalid_argument("a trajectory needs at least 1 step, not " + std::to_string(steps));
}

} // namespace stint
