#pragma once
// The drift (eta0, eta1) of an interpolant, and what a tilt of the data's law makes of it.

#include "generative/moments.hpp"

#include <functional>

namespace stint {

/// E[x1 | observation] as a function of (pair, signal), fields (N, L1, ..., Ld); see moments.hpp for the notation. It
/// depends on the pair and the signal only through Gamma = (beta/alpha)^2 and y = signal/alpha^2, and is finite where
/// beta = 0.
using PosteriorMean = std::function<torch::Tensor(const Pair&, const torch::Tensor& signal)>;

/// The posterior mean of Gaussian data: the Wiener estimate, exact.
PosteriorMean gaussian_posterior_mean(Moments moments);

/// The reward r(x) = field * sum_x phi_x: the data's law is reweighted with exp(r).
struct Tilt {
  double field = 0; ///< h
};

/// eta0 = E[x0 | I = x] and eta1 = E[x1 | I = x] (arXiv:2508.04605, eq. 2); x = alpha eta0 + beta eta1.
struct Etas {
  torch::Tensor eta0, eta1;
};

/// (pair, x) -> (eta0, eta1), for pairs with alpha > 0.
using Drift = std::function<Etas(const Pair&, const torch::Tensor& x)>;

/// The drift of the tilted law exp(r) mu1 from the posterior mean of mu1 (eqs. 19-21): the observation's (Gamma, y)
/// becomes (Gamma, y + h), that is signal = beta x + alpha^2 h. At beta = 0 this is the constant field E_r[x1], without
/// a limit to take.
Drift make_drift(PosteriorMean posterior_mean, Tilt tilt = {});

} // namespace stint
