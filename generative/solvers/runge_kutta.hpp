#pragma once
// One step of an explicit Runge-Kutta method.

#include "generative/torch.hpp"

#include <functional>
#include <vector>

namespace stint {

/// Coefficients of an explicit method in Butcher's notation: stage j is at x + h sum_l a[j][l] F_l and at time c[j].
struct Tableau {
  std::vector<double> c;
  std::vector<std::vector<double>> a; ///< row j has j entries
  std::vector<double> b;
  std::vector<double> error; ///< b minus the embedded method's weights; empty: no error estimate

  static const Tableau& euler();
  static const Tableau& heun();
  static const Tableau& rk4();    ///< the classical one
  static const Tableau& dopri5(); ///< Dormand & Prince, doi:10.1016/0771-050X(80)90013-3
};

struct Slope {
  torch::Tensor velocity;
  torch::Tensor divergence; ///< undefined if not wanted
};

struct RungeKuttaStep {
  torch::Tensor change;            ///< of x
  torch::Tensor divergence_change; ///< the integral of the divergence, undefined if not wanted
  torch::Tensor error;             ///< estimate of the error of x; undefined for methods without
};

/// `slope(c, x)` is dx/dc at time c in [0, 1] of the step, the whole step's length included.
RungeKuttaStep runge_kutta_step(const Tableau& tableau, const torch::Tensor& x,
                                const std::function<Slope(double c, const torch::Tensor& x)>& slope);

} // namespace stint
