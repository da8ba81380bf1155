#pragma once
// Dual averaging: the step size that reaches a wanted acceptance.

#include "lattice/phi4.hpp"
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

  /// step_size() never falls below `smallest`. Throws std::invalid_argument unless the step size is positive and the
  /// target between 0 and 1.
  StepSizeTuner(double initial_step_size, double target_acceptance, double smallest = 0);
  explicit StepSizeTuner(const State& state, double smallest = 0) : state_(state), smallest_(smallest) {}

  /// After a trajectory with step_size(): `acceptance` is the mean over chains of min(1, exp(-dH)), in which a chain
  /// whose dH is not finite counts as 0. What is not finite itself counts as 0.
  void update(double acceptance);

  double step_size() const;          ///< of the next trajectory
  double averaged_step_size() const; ///< to keep when tuning ends; before the first update the initial one
  const State& state() const { return state_; }

  /// Whether no step size will do: the step size has fallen to the smallest one, and even so less than a quarter of the
  /// target was accepted in the mean of at least 20 trajectories.
  bool hopeless() const;

private:
  State state_;
  double smallest_;
};

/// An estimate, within a factor of 2 or so, of the step size beyond which leapfrog is unstable: 2 / omega with
/// omega^2 = 8 d + 2 (mass2 - quadratic) + 12 lambda <phi^2>, the largest curvature of the action in d dimensions, and
/// <phi^2> = phi_0^2 + 1 / (4 d), phi_0 the constant phi of least action.
double stable_step_size(const Phi4& theory, int dimensions);

/// The smallest step size that tuning tries: stable V^(-1/4) / 20. At second order the step size of constant acceptance
/// falls as V^(-1/4) (Beskos et al., arXiv:1001.4460). What is still rejected is so for another reason, as rounding.
double smallest_step_size(double stable, std::int64_t volume);

/// Whether tuning can start from this step size: between 1/2000 and 10 times the stable one.
bool can_tune_from(double step_size, double stable);

/// The settings at another step size with the same trajectory length step_size * steps: the nearest whole number of
/// steps, at least 1, and the step size that makes the length exact.
HmcSettings with_step_size(const HmcSettings& settings, double step_size);

} // namespace stint
