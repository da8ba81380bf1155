#include "mcmc/tune.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

constexpr double gamma_shrinkage = 0.05, early_iterations = 10, forgetting = 0.75;

} // namespace

StepSizeTuner::StepSizeTuner(double initial_step_size, double target_acceptance) {
  if (!(std::isfinite(initial_step_size) && initial_step_size > 0))
    throw std::invalid_argument("tuning starts from a positive step size, not " + std::to_string(initial_step_size));
  if (!(target_acceptance > 0 && target_acceptance < 1))
    throw std::invalid_argument("the acceptance to tune for must lie between 0 and 1, not " +
                                std::to_string(target_acceptance));
  state_.log_step_size = state_.log_averaged_step_size = std::log(initial_step_size);
  state_.log_centre = std::log(10 * initial_step_size);
  state_.target_acceptance = target_acceptance;
}

void StepSizeTuner::update(double acceptance) {
  const auto t = static_cast<double>(++state_.trajectories);
  const double shortfall = state_.target_acceptance - (std::isfinite(acceptance) ? acceptance : 0);
  state_.mean_shortfall += (shortfall - state_.mean_shortfall) / (t + early_iterations);
  state_.log_step_size = state_.log_centre - std::sqrt(t) / gamma_shrinkage * state_.mean_shortfall;
  const double weight = std::pow(t, -forgetting);
  state_.log_averaged_step_size += weight * (state_.log_step_size - state_.log_averaged_step_size);
}

double StepSizeTuner::step_size() const { return std::exp(state_.log_step_size); }

double StepSizeTuner::averaged_step_size() const { return std::exp(state_.log_averaged_step_size); }

HmcSettings with_step_size(const HmcSettings& settings, double step_size) {
  if (!(std::isfinite(step_size) && step_size > 0))
    throw std::invalid_argument("the step size of HMC must be a positive number, not " + std::to_string(step_size));
  const double length = settings.step_size * settings.steps;
  const double most = std::numeric_limits<int>::max();
  HmcSettings adjusted = settings;
  adjusted.steps = static_cast<int>(std::clamp(std::round(length / step_size), 1., most));
  adjusted.step_size = length / adjusted.steps;
  return adjusted;
}

} // namespace stint
