#pragma once
// Laws with an exact drift: Gaussians and mixtures of Gaussians. The oracles of every path, solver and tilt.

#include "generative/drifts/drift.hpp"

namespace stint {

/// mu1 = sum_k w_k N(m_k, Sigma): Gaussians of one covariance. A single one is a Gaussian law.
class GaussianMixture {
public:
  /// `covariance` is diagonal with entries > 0; `means` (K, C, L1, ..., Ld); `weights` (K), normalised here. Throws
  /// std::invalid_argument for anything else.
  GaussianMixture(Operator covariance, torch::Tensor means, torch::Tensor weights);

  /// E[x1 | observation] for alpha, beta diagonal in any one basis (drift.hpp has the notation):
  ///   sum_k p_k (m_k + Sigma w_k),   w_k = (alpha^2 + beta^2 Sigma)^{-1} (signal - beta^2 m_k),
  ///   p_k ~ weight_k exp <m_k, (alpha^2 + beta^2 Sigma)^{-1} (signal - beta^2 m_k / 2)>.
  /// In the basis of Sigma this is arithmetic, in others conjugate gradients.
  torch::Tensor posterior_mean(const Pair& pair, const torch::Tensor& signal) const;

  /// The drift for any operators, by conjugate gradients: with C = alpha alpha^T + beta Sigma beta^T and
  /// z_k = C^{-1} (x - beta m_k),
  ///   eta0 = sum_k p_k alpha^T z_k,   eta1 = sum_k p_k (m_k + Sigma beta^T z_k),
  ///   p_k ~ weight_k exp(-<x - beta m_k, z_k> / 2).
  Etas etas(const Pair& pair, const torch::Tensor& x) const;

  /// etas() as a drift, make_drift() of posterior_mean() where a tilt or speed is wanted.
  Drift drift() const;

  /// exp(<x, A x>/2 + <b, x>) mu1, again a mixture: Sigma_r = (Sigma^{-1} - A)^{-1}, m_r = Sigma_r (Sigma^{-1} m + b),
  /// weights times exp(<m_r, Sigma_r^{-1} m_r>/2 - <m, Sigma^{-1} m>/2). A diagonal in the basis of Sigma. Throws
  /// std::invalid_argument if Sigma^{-1} - A has entries <= 0.
  GaussianMixture tilted(const Tilt& tilt) const;

  /// log mu1(x), (N).
  torch::Tensor log_density(const torch::Tensor& x) const;

  /// Draws from `noise` (N, C, L1, ..., Ld) standard normal and `uniform` (N) in [0, 1): which component.
  torch::Tensor draw(const torch::Tensor& noise, const torch::Tensor& uniform) const;

  const Operator& covariance() const { return covariance_; }
  const torch::Tensor& means() const { return means_; }
  const torch::Tensor& weights() const { return weights_; }
  GaussianMixture to(torch::Device device) const;

private:
  Operator covariance_;
  torch::Tensor means_, weights_; // float64
};

} // namespace stint
