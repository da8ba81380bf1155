#include "mcmc/tune.hpp"

#include "lattice/number_text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

constexpr double gamma_shrinkage = 0.05, early_iterations = 10, forgetting = 0.75;

} // namespace

StepSizeTuner::StepSizeTuner(double initial_step_size, double target_acceptance, double smallest)
    : smallest_(smallest) {
  if (!(std::isfinite(initial_step_size) && initial_step_size > 0))
    throw std::invalid_argument("tuning starts from a positive step size, not " + number_text(initial_step_size));
  if (!(target_acceptance > 0 && target_acceptance < 1))
    throw std::invalid_argument("the acceptance to tune for must lie between 0 and 1, not " +
                                number_text(target_acceptance));
  state_.log_step_size = state_.log_averaged_step_size = std::log(initial_step_size);
  state_.log_centre = std::log(10 * initial_step_size);
  state_.target_acceptance = target_acceptance;
}

void StepSizeTuner::update(double acceptance) {
  const auto t = static_cast<double>(++state_.trajectories);
  const double shortfall = state_.target_acceptance - (std::isfinite(acceptance) ? acceptance : 0);
  state_.mean_shortfall += (shortfall - state_.mean_shortfall) / (t + early_iterations);
  state_.log_step_size =
      std::max(state_.log_centre - std::sqrt(t) / gamma_shrinkage * state_.mean_shortfall, std::log(smallest_));
  const double weight = std::pow(t, -forgetting);
  state_.log_averaged_step_size += weight * (state_.log_step_size - state_.log_averaged_step_size);
}

double StepSizeTuner::step_size() const { return std::exp(state_.log_step_size); }

double StepSizeTuner::averaged_step_size() const { return std::exp(state_.log_averaged_step_size); }

bool StepSizeTuner::hopeless() const {
  constexpr std::int64_t least_trajectories = 20;
  constexpr double next_to_nothing = 0.25; // of the target
  const auto t = static_cast<double>(state_.trajectories);
  // H_t is the mean of the shortfalls times t / (t + t0).
  const double mean_acceptance = state_.target_acceptance - state_.mean_shortfall * (t + early_iterations) / t;
  return state_.trajectories >= least_trajectories && state_.log_step_size <= std::log(smallest_) &&
         mean_acceptance < next_to_nothing * state_.target_acceptance;
}

double stable_step_size(const Phi4& theory, int dimensions) {
  // phi_0 is the largest root of 4 lambda phi^3 + 2 m2 phi = |h|; beyond the minimum of the double well the left side
  // grows.
  const double m2 = theory.mass2 - theory.quadratic, h = std::abs(theory.field);
  double low = theory.lambda > 0 ? std::sqrt(std::max(-m2, 0.) / (2 * theory.lambda)) : 0, high = low + 1;
  const auto slope = [&](double phi) { return 4 * theory.lambda * phi * phi * phi + 2 * m2 * phi - h; };
  while (slope(high) < 0)
    high *= 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (slope(middle) < 0 ? low : high) = middle;
  }
  const double phi2 = low * low + 1 / (4. * dimensions);
  return 2 / std::sqrt(8 * dimensions + 2 * m2 + 12 * theory.lambda * phi2);
}

double smallest_step_size(double stable, std::int64_t volume) {
  return stable * std::pow(static_cast<double>(volume), -0.25) / 20;
}

bool can_tune_from(double step_size, double stable) { return step_size >= stable / 2000 && step_size <= 10 * stable; }

HmcSettings with_step_size(const HmcSettings& settings, double step_size) {
  if (!(std::isfinite(step_size) && step_size > 0))
    throw std::invalid_argument("the step size of HMC must be a positive number, not " + number_text(step_size));
  const double length = settings.step_size * settings.steps;
  const double most = std::numeric_limits<int>::max();
  HmcSettings adjusted = settings;
  adjusted.steps = static_cast<int>(std::clamp(std::round(length / step_size), 1., most));
  adjusted.step_size = length / adjusted.steps;
  return adjusted;
}

} // namespace stint
