#include "mcmc/integrator.hpp"

#include <stdexcept>

namespace stint {
namespace {

/// The kicks and drifts of a step of size 1, one kick more than drifts.
struct Scheme {
  std::vector<double> kicks, drifts;
};

Scheme scheme_of(Integrator integrator) {
  switch (integrator) {
  case Integrator::leapfrog:
    return {{0.5, 0.5}, {1}};
  case Integrator::omelyan: {
    constexpr double lambda = 0.1931833275037836;
    return {{lambda, 1 - 2 * lambda, lambda}, {0.5, 0.5}};
  }
  case Integrator::omelyan4: {
    constexpr double rho = 0.2539785108410595, theta = -0.03230286765269967, vartheta = 0.08398315262876693,
                     lambda = 0.6822365335719091;
    constexpr double inner = 0.5 - lambda - vartheta;
    return {{vartheta, lambda, inner, inner, lambda, vartheta}, {rho, theta, 1 - 2 * (theta + rho), theta, rho}};
  }
  }
  throw std::logic_error("an integrator without a scheme");
}

} // namespace

int force_evaluations(Integrator integrator) { return static_cast<int>(scheme_of(integrator).drifts.size()); }

std::vector<Stage> trajectory_stages(Integrator integrator, double step_size, int steps) {
  const Scheme scheme = scheme_of(integrator);
  std::vector<Stage> stages{{}};
  for (int step = 0; step < steps; ++step) {
    stages.back().kick += step_size * scheme.kicks.front();
    for (std::size_t i = 0; i < scheme.drifts.size(); ++i) {
      stages.back().drift = step_size * scheme.drifts[i];
      stages.push_back({step_size * scheme.kicks[i + 1], 0});
    }
  }
  return stages;
}

} // namespace stint
