#pragma once
// The drift (eta0, eta1) of an interpolant, and what a tilt of the data's law makes of it.

#include "generative/operators/pair.hpp"

#include <functional>

namespace stint {

/// eta0 = E[x0 | I = x] and eta1 = E[x1 | I = x] (arXiv:2508.04605, eq. 2); x = alpha eta0 + beta eta1.
struct Etas {
  torch::Tensor eta0, eta1;
};

/// (pair, x) -> (eta0, eta1), fields (N, C, L1, ..., Ld). Where alpha = 0 on some coordinates the drift is its limit
/// for a smooth law of the data: eta0 = 0 and eta1 = x / beta there.
using Drift = std::function<Etas(const Pair&, const torch::Tensor& x)>;

/// E[x1 | observation] as a function of (pair, signal), for pairs that are diagonal in one basis.
///
/// The observation I = x says of x1 no more than its likelihood exp(-<x1, Gamma x1>/2 + <y, x1>) with
///   Gamma = beta^2 / alpha^2,   y = beta x / alpha^2,
/// passed as (pair, signal) with signal = alpha^2 y, which is finite for all alpha and beta: beta x for the interpolant
/// itself. The posterior mean depends on (pair, signal) through (Gamma, y) only; it is asked with beta = 1 - alpha,
/// must be finite everywhere; where alpha = 0 it may be any finite number.
using PosteriorMean = std::function<torch::Tensor(const Pair&, const torch::Tensor& signal)>;

/// The reward r(x) = <x, A x>/2 + <b, x>: the data's law is reweighted with exp(r) (THEORY 4). A magnetic field is
/// b = h, a shift of the squared mass by -k2 is A = 2 k2.
struct Tilt {
  Operator A = 0;                                     ///< diagonal in the basis of the pairs
  torch::Tensor b = torch::zeros({}, torch::kDouble); ///< a number or a field (C, L1, ..., Ld)
};

/// An observation as a posterior mean takes it.
struct Observation {
  Pair pair; ///< beta = 1 - alpha
  torch::Tensor signal;
};

/// The state x of the interpolant of the tilted law as an observation of the untilted one (eqs. 19-21): (Gamma, y)
/// becomes (Gamma - A, y + b). With root = sqrt(beta^2 - A alpha^2) that is the pair and signal
///   alpha_r = alpha / (alpha + root),   beta_r = root / (alpha + root),   signal_r = (beta x + alpha^2 b) / (alpha +
///   root)^2,
/// finite at both ends. Throws std::invalid_argument where Gamma - A < 0, with the range of A that can be reached
/// there, and for pairs that share no basis with A.
Observation observe(const Pair& pair, const torch::Tensor& x, const Tilt& tilt);

/// The drift of the tilted law exp(r) mu1 from the posterior mean of mu1, asked at observe(). At the noise end eta1 is
/// the constant E_r[x1]: there is no limit to take. The drift throws what observe() throws.
Drift make_drift(PosteriorMean posterior_mean, Tilt tilt = {});

} // namespace stint
