#pragma once
// Numerical solution of the probability-flow ODE dX = (alpha' eta0 + beta' eta1) dt (arXiv:2508.04605, eq. 7).

#include "generative/drift.hpp"

#include <span>
#include <string_view>

namespace stint {

/// Steps use the change of the operators, never dt.
///   euler      X' = X + (alpha' - alpha) eta0 + (beta' - beta) eta1 with (eta0, eta1) frozen over the step: first
///   order, exact where
///              they do not change (the DDIM step); 1 evaluation a step
///   heun       the mean of (eta0, eta1) at both ends, the far end predicted by euler: second order, 2 evaluations a
///   step multistep  d(X/alpha) = eta1 d(beta/alpha) with eta1 a parabola in log(beta/alpha) through its last three
///   values, integrated
///              exactly (an exponential Adams-Bashforth method, of the family of DPM-Solver++, arXiv:2211.01095): third
///              order, 1 evaluation a step and another one at the start
/// The last step of all of them, to alpha = 0, is a frozen one (eta0 is not defined at its end): it ends at eta1.
enum class Solver { euler, heun, multistep };

/// Throws std::invalid_argument for an unknown name.
Solver parse_solver(std::string_view name);

struct Solution {
  torch::Tensor x;     ///< the state at the end of the path
  int evaluations = 0; ///< of the drift
};

/// Takes x (N, L1, ..., Ld) at alphas.front() along (alpha, 1 - alpha) to alphas.back(). All alphas but the last must
/// be > 0.
Solution solve(const Drift& drift, torch::Tensor x, std::span<const double> alphas, Solver solver);

} // namespace stint
