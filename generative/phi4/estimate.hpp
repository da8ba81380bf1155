#pragma once
// What the second moments of the data make of an observation: the estimate under the network, and its target.

#include "generative/operators/pair.hpp"
#include "generative/phi4/moments.hpp"

namespace stint {

// An observation of x1 has the likelihood exp(-<x1, Gamma x1>/2 + <y, x1>) with Gamma = (beta/alpha)^2. It is passed as
// (pair, signal) with signal = alpha^2 y, which is finite for all alpha, beta in [0, 1] (drift.hpp). Pairs are diagonal
// in one basis, with beta = 1 - alpha; fields have the shape (N, 1, L1, ..., Ld).

/// The largest |log(alpha/beta)| inside a path: beyond it the law of a lattice field near its transition hardly
/// changes. The same on every lattice, so that models move to larger ones.
inline constexpr double phi4_log_ratio_range = 5;

/// E[x1 | observation] for operators diagonal in Fourier space, if the data were a mixture of Gaussians: a constant
/// field with the law of the magnetisation M, plus Gaussian fluctuations of the spectrum P. For operators on sites, and
/// without a law of M, the best linear (Wiener) estimate
///   mean + Sigma w,   w = (alpha^2 + beta^2 Sigma)^{-1} (signal - beta^2 mean).
/// With it, Sigma has V width^2 at p = 0, the magnetisations c (relative to the mean) of the components have the
/// weights
///   p_c ~ weight_c exp(c sum_x w - c^2/2 sum_x u),   u = (alpha^2 + beta^2 Sigma)^{-1} beta^2 1,
/// and the estimate is mean + Sigma w + <c> (1 - Sigma u); with <c> of a Gaussian law of the same mean and variance it
/// is linear again. On sites it has to be: in phi^4 near its transition the mean over one part of the lattice given
/// that over another is linear to a percent, though neither is Gaussian, while with one law of M for all sites it would
/// bend like tanh.
struct GaussianEstimate {
  torch::Tensor field;  ///< (N, 1, L1, ..., Ld)
  torch::Tensor spread; ///< (N), standard deviation of c in the mixture: how open the magnetisation is; 0 without law
};
GaussianEstimate gaussian_estimate(const Moments& moments, const Pair& pair, const torch::Tensor& signal);

/// The variance of x1 about the Wiener estimate, coordinate by coordinate in the basis of the pair: of modes
/// P alpha^2/(alpha^2 + beta^2 P); for multiples of the identity the mean of that over p; of sites this mean for each
/// site's own alpha and beta, as if all sites had them. Where alpha = 0, a small positive number.
Operator posterior_variance(const Moments& moments, const Pair& pair);

/// The variance of training_target() about the Wiener estimate in the same approximation: posterior_variance() less
/// (the mean over p of) kappa = alpha^2/(beta^2 + alpha^2 Q); without a force spectrum the
/// former. Where the neighbours of a site are less known than the site itself, the force on it is too: its term
/// 2 sum phi_{x+-mu} (THEORY 7) adds 4 kappa^2 times what their variances exceed the site's own by.
Operator target_variance(const Moments& moments, const Pair& pair);

/// A random variable with the conditional mean E[x1 | observation], of less variance than x1 itself:
///   T = (signal + alpha^2 t (F(x1) + Q x1)) / (beta^2 + alpha^2 Q),   coordinate by coordinate.
/// It is t x1 plus a multiple of F(x1) + y - Gamma x1, the gradient of the log of the posterior density, whose
/// conditional mean vanishes (target score matching, arXiv:2402.08667). Q, the force spectrum in Fourier space and its
/// mean in other bases, is the weight that minimises the variance given the second moments <x F> = -1, <F F> = Q. At
/// small alpha/beta the variance falls as (alpha/beta)^4, not (alpha/beta)^2. Without a force spectrum, T = t x1. t =
/// 1, or if the law is symmetric under phi -> -phi, t = tanh(<y, x1>): the mean over x1 and -x1, weighted by what the
/// observation says of them, which takes away the noise of the sign where the noise end has not decided it yet.
torch::Tensor training_target(const Moments& moments, const Pair& pair, const torch::Tensor& signal,
                              const torch::Tensor& x1, const torch::Tensor& force, bool symmetric);

} // namespace stint
