#pragma once
// Second moments of the data in momentum space, and what linear estimation makes of them.

#include "generative/interpolant.hpp"
#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"

#include <optional>

namespace stint {

/// The law of the magnetisation M as a mixture of Gaussians of one width on a grid: what the zero mode of the
/// observation alone says of M, without the assumption that M is Gaussian (it is not, near and below the transition).
struct MagnetisationLaw {
  torch::Tensor centers; ///< (K) float64, equally spaced
  torch::Tensor weights; ///< (K) float64, sum 1
  double width = 0;      ///< standard deviation of each Gaussian

  bool known() const { return centers.defined(); }

  /// E[M | zero mode of the observation] for signal averages (N, 1, ..., 1) over `volume` sites.
  torch::Tensor posterior_mean(const ScalarPair& pair, const torch::Tensor& average_signal, std::int64_t volume) const;
};

/// Mean and spectra of translation-invariant data. The best linear (Wiener) estimate of x1 follows from them, and is
/// exact if the data are Gaussian.
///
/// Notation: an observation of x1 has the likelihood exp(-<x1, Gamma x1>/2 + <y, x1>) with Gamma = (beta/alpha)^2. It
/// is passed as (pair, signal) with signal = alpha^2 y, which is finite for all alpha, beta in [0, 1]: signal = beta x
/// for the interpolant x itself, signal = beta x + alpha^2 h in a field h.
struct Moments {
  double mean = 0;        ///< <phi_x>
  torch::Tensor spectrum; ///< P(p) = <|phi(p)|^2>/V of phi - mean, (L1, ..., Ld), float64
  torch::Tensor
      force_spectrum; ///< Q(p) = <|F(p)|^2>/V of F = -dS/dphi, the same shape; undefined if the action is unknown
  MagnetisationLaw magnetisation; ///< not known() for Gaussian data

  double variance() const { return spectrum.mean().item<double>(); } ///< <(phi_x - mean)^2>

  /// E[x1 | observation] if the data were Gaussian: mean + P (signal - beta^2 mean) / (alpha^2 + beta^2 P), shape of
  /// signal.
  torch::Tensor wiener(const ScalarPair& pair, const torch::Tensor& signal) const;

  /// wiener() with the zero mode replaced by what the law of the magnetisation makes of it, if that is known.
  torch::Tensor estimate(const ScalarPair& pair, const torch::Tensor& signal) const;

  /// The variance per site of x1 given the observation if the data were Gaussian: mean over p of P alpha^2 / (alpha^2 +
  /// beta^2 P), shape (N, 1, ..., 1).
  torch::Tensor wiener_variance(const ScalarPair& pair) const;

  /// The variance per site of training_target() about wiener() in this Gaussian approximation, shape (N, 1, ..., 1):
  /// the mean over p of P alpha^2 / (alpha^2 + beta^2 P) - alpha^2 / (beta^2 + alpha^2 Q); without a force spectrum,
  /// wiener_variance().
  torch::Tensor target_variance(const ScalarPair& pair) const;

  /// A random variable with the conditional mean E[x1 | observation], of less variance than x1 itself:
  ///   T = (signal + alpha^2 t (F(x1) + Q x1)) / (beta^2 + alpha^2 Q),   mode by mode.
  /// It mixes x1 with signal/beta^2 + (alpha/beta)^2 F(x1), whose conditional mean is E[x1 | observation] too because
  /// the mean of grad log(posterior density) vanishes (target score matching, arXiv:2402.08667); Q is the weight that
  /// minimises the variance given the second moments <x F> = -1, <F F> = Q. At small alpha/beta the variance falls as
  /// (alpha/beta)^4, not (alpha/beta)^2. Without a force spectrum, T = t x1.
  /// t = 1, or if the law is symmetric under phi -> -phi, t = tanh(<signal, x1> / alpha^2): the mean over x1 and -x1,
  /// weighted by what the observation says of them, which takes away the noise of the sign where the noise end has not
  /// decided it yet.
  torch::Tensor training_target(const ScalarPair& pair, const torch::Tensor& signal, const torch::Tensor& x1,
                                const torch::Tensor& force, bool symmetric) const;

  Moments to(torch::Device device) const;
};

/// Moments of configurations (N, L1, ..., Ld), averaged over the reflections and permutations of equal axes that the
/// action respects. If symmetric, the law is taken as invariant under phi -> -phi: mean = 0. With a theory the force
/// spectrum is measured too.
Moments measure_moments(const torch::Tensor& configurations, bool symmetric, const std::optional<Phi4>& theory);

} // namespace stint
