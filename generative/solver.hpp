#pragma once
// Numerical transport along a path of operators: the probability-flow ODE and the SDEs with the same laws.

#include "generative/divergence.hpp"
#include "generative/drift.hpp"
#include "generative/path.hpp"

#include <functional>
#include <string_view>

namespace stint {

/// Between two knots of a path the operators go in a straight line, alpha = (1 - u) alpha_i + u alpha_{i+1}, and all
/// solvers use the change of the operators, never dt. The law at the knots is that of the interpolant whatever the way
/// between them, so that only the solver's own error is left.
///
/// Explicit Runge-Kutta methods for dX = (alpha' eta0 + beta' eta1) dt (arXiv:2508.04605, eq. 7), for any operators:
///   euler   first order, 1 evaluation of the drift a step; exact where eta0 and eta1 do not change (the DDIM step)
///   heun    second order, 2 evaluations
///   rk4     fourth order, 4 evaluations
///   dopri5  fifth order (Dormand & Prince, doi:10.1016/0771-050X(80)90013-3); divides the steps of each configuration
///           by itself until the estimated error of a step is below the tolerance
/// Exponential methods, for operators that are diagonal in one basis. With R = beta/alpha and
///   d(R^eps X/alpha) = eta1 d(R^{1+eps}) + noise,
/// which is eq. (7) for eps = 0 and eq. (8) with eps_bar dt = eps alpha d log(R) otherwise, they integrate exactly with
/// eta1 a polynomial in log(R) through values of it (of the family of DPM-Solver++, arXiv:2211.01095), coordinate by
/// coordinate:
///   multistep  the ODE with the last three values: third order, 1 evaluation a step and another one where coordinates
///              begin to move
///   sde        the SDE with eta1 frozen over the step: first weak order, 1 evaluation
///   sde2       the SDE with the values at both ends, the one at the end from a predicted state and used again by the
///              next step: second weak order, 1 evaluation
/// A step from beta = 0 or to alpha = 0 is frozen in the exponential methods; the latter ends at beta eta1.
///
/// Which solver for which conditional law. Coordinates known exactly do not move, and what all solvers make of the rest
/// has its law given them. For noisy observations, which do move, the law of the end given the start is the posterior
/// only for the SDE with eps = 1: this is the reversal of the noising, d(beta X/alpha^2) = x1 d(R^2) + noise, where
/// observations become worse step by step. The ODE maps each observation and x0 to one configuration: right after
/// averaging over observations, but not given one.
enum class Method { euler, heun, rk4, dopri5, multistep, sde, sde2 };

/// Throws std::invalid_argument for an unknown name.
Method parse_method(std::string_view name);

struct SolverOptions {
  Method method = Method::multistep;
  double noise = 1;        ///< eps of the SDE, >= 0; 1 makes draws given noisy observations
  double tolerance = 1e-4; ///< of dopri5: root mean square error of a step over the sites of a configuration
};

/// Standard normal fields for step number i, of the shape of `like`.
using StepNoise = std::function<torch::Tensor(std::int64_t i, const torch::Tensor& like)>;

struct Solution {
  torch::Tensor x;                  ///< the state at the end of the path
  double evaluations = 0;           ///< of the drift, mean over configurations
  torch::Tensor log_density_change; ///< (N) float64: log q(X_end) - log q(X_start); only with a divergence
};

/// Takes x (N, L1, ..., Ld) along the path. Site coordinates that do not move keep their bits. `noise` is needed by the
/// SDEs. With a divergence, the change of the log-density is integrated beside the state with the same Runge-Kutta
/// method. Throws std::invalid_argument where method and operators or options do not go together, and for an SDE on a
/// path towards noise.
Solution solve(const Drift& drift, torch::Tensor x, const Knots& knots, const SolverOptions& options,
               const StepNoise& noise = {}, const Divergence& divergence = {});

} // namespace stint
