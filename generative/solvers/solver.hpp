#pragma once
// Numerical transport along a path of operators: the probability-flow ODE and the SDEs with the same laws.

#include "generative/drifts/drift.hpp"
#include "generative/paths/path.hpp"
#include "generative/solvers/divergence.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
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
/// Exponential methods, for operators that are diagonal in one basis. They measure the flow against that of a Gaussian
/// reference law, which they integrate exactly, and extrapolate what is left of the drift as a polynomial in the level
/// alpha/(alpha + beta), coordinate by coordinate (exponential_step.hpp). Each step is corrected with the evaluation at
/// its end, which the next step needs anyway (predict, evaluate, correct; as UniPC, arXiv:2302.04867).
///   multistep  the ODE with four values: 1 evaluation a step. At pure noise eta1 does not depend on x, and one
///              configuration is evaluated for all
///   sde        the SDE of eq. (8) with eps_bar dt = eps alpha d log(beta/alpha) and one value, without correction:
///              first weak order, 1 evaluation
///   sde2       the same with two values and correction: second weak order, 1 evaluation
/// Where a coordinate reaches data there is no value at the end, and its last step stays as predicted.
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
  double noise = 1; ///< eps of the SDE, >= 0; 1 makes draws given noisy observations
  /// Of the exponential methods: the variances P of the reference law, P(p) = <|phi(p)|^2>/V for a field. Its mean does
  /// not matter. On paths that do not share its basis (site operators with a spectrum) its diagonal in theirs, the
  /// variance of a site, takes its place. Any P > 0 gives the same law in the end; the closer, the fewer steps.
  Operator reference = 1;
  /// Of dopri5: root mean square error of a step over the sites of a configuration, at least 8 times the resolution of
  /// the field's numbers (1e-6 in single precision): below it no step is ever good enough.
  double tolerance = 1e-4;
  std::function<bool()> interrupted = {}; ///< asked before every step; once it says yes, solve() throws Interrupted
};

/// What solve() throws when it was interrupted.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("the integration was interrupted") {}
};

/// Standard normal fields for step number i, of the shape of `like`.
using StepNoise = std::function<torch::Tensor(std::int64_t i, const torch::Tensor& like)>;

/// Looks at the state at the knots 0, ..., steps.
using Watch = std::function<void(std::int64_t knot, const torch::Tensor& x)>;

/// A part of the way, between two knots.
struct Leg {
  std::int64_t from = 0;               ///< the knot where x is
  std::optional<std::int64_t> to = {}; ///< the knot at which to stop; the last one without
  /// Solution::memory of the leg that ended here. With it the result is that of one leg, bit for bit. Without it the
  /// exponential methods begin anew, with one value.
  torch::Tensor memory = {};
};

struct Solution {
  torch::Tensor x;                  ///< the state at the end of the path, or of the leg
  double evaluations = 0;           ///< of the drift, mean over configurations
  torch::Tensor log_density_change; ///< (N) float64: log q(X_end) - log q(X_start); only with a divergence
  /// What an exponential method goes on with from a knot before the last, else undefined: (N, parts, numbers), real
  /// numbers of the type of x. Each part is fields as coordinates in the method's basis, complex ones as pairs of
  /// numbers:
  ///   0        the state, of which x is the rounded image
  ///   1        the state at the knot before, where the last step began that the next evaluation will correct
  ///   2, ...   g of Node at the knots before, the newest first: at most order - 1 of them
  /// "sde" corrects nothing and keeps part 0 alone. The noise of the last step is not kept: it is asked for again.
  torch::Tensor memory;
};

/// Takes x (N, C, L1, ..., Ld) along the path, or a leg of it. Site coordinates that do not move keep their bits.
/// `noise` is needed by the SDEs. With a divergence, the change of the log-density is integrated beside the state with
/// the same Runge-Kutta method. Throws std::invalid_argument where method and operators or options do not go together,
/// for an SDE on a path towards noise, for knots that the path does not have, and for a memory of another method,
/// basis or lattice. `watch` may be empty.
Solution solve(const Drift& drift, torch::Tensor x, const Knots& knots, const SolverOptions& options,
               const StepNoise& noise = {}, const Divergence& divergence = {}, const Watch& watch = {},
               const Leg& leg = {});

} // namespace stint
