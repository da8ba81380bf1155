#pragma once
// Dual averaging: the step size that reaches a wanted acceptance.

#include "mcmc/hmc.hpp"

#include <cstdint>

namespace stint {

/// Finds the step size at which the acceptance is `target_acceptance`, by dual averaging of its logarithm (Hoffman and
/// Gelman, arXiv:1111.4246, section 3.2, with their gamma = 0.05, t0 = 10, kappa = 0.75): after trajectory t with mean
/// acceptance a_t,
///   H_t = (1 - 1/(t + t0)) H_{t-1} + (target - a_t) / (t + t0)
///   ln step_t = mu - sqrt(t) / gamma H_t,                         mu = ln(10 initial step size)
///   ln averaged_t = t^-kappa ln step_t + (1 - t^-kappa) ln averaged_{t-1}
class StepSizeTuner {
public:
  /// All that a checkpoint has to keep.
  struct State {
    std::int64_t trajectories = 0; ///< t
    double mean_shortfall = 0;     ///< H_t
    double log_step_size = 0;
    double log_averaged_step_size = 0;
    double log_centre = 0; ///< mu
    double target_acceptance = 0;

    bool operator==(const State&) const = default;
  };

  /// Throws std::invalid_argument unless the step size is positive and the target between 0 and 1.
  StepSizeTuner(double initial_step_size, double target_acceptance);
  explicit StepSizeTuner(const State& state) : state_(state) {}

  /// After a trajectory with step_size(): `acceptance` is the mean over chains of min(1, exp(-dH)), in which a chain
  /// whose dH is not finite counts as 0. What is not finite itself counts as 0.
  void update(double acceptance);

  double step_size() const;          ///< of the next trajectory
  double averaged_step_size() const; ///< to keep when tuning ends; before the first update the initial one
  const State& state() const { return state_; }

private:
  State state_;
};

/// The settings at another step size with the same trajectory length step_size * steps: the nearest whole number of
/// steps, at least 1, and the step size that makes the length exact.
HmcSettings with_step_size(const HmcSettings& settings, double step_size);

} // namespace stint
