#pragma once
// What second moments say of data of any kind: the prior of kinds that know no more, and the oracle of the seam's
// tests.

#include "generative/prior.hpp"

namespace stint {

/// Data as if they were Gaussian with this mean (C, L1, ..., Ld) and a covariance that is diagonal in one basis, every
/// variance > 0. W is the Wiener estimate,
///   W = mean + Sigma (alpha^2 + beta^2 Sigma)^{-1} (signal - beta^2 mean),
/// s^2 the variance of x1 about it, coordinate by coordinate in the basis of the pair; exact for Gaussian data, for
/// which a network has nothing to learn. The network sees, channel by channel, the estimate of each coordinate by
/// itself and W, and the noise level and log(alpha/beta) of every site (their means in other bases than sites).
class GaussianPrior : public Prior {
public:
  /// Throws std::invalid_argument for variances <= 0 and shapes that do not fit.
  GaussianPrior(std::string kind, Layout layout, torch::Tensor mean, Operator covariance);

  std::unique_ptr<Prior> clone() const override { return std::make_unique<GaussianPrior>(*this); }
  std::string kind() const override { return kind_; }
  const Layout& layout() const override { return layout_; }
  Operator reference(double /*k2_below*/) const override { return covariance_; }
  Look look(const Pair& pair, const torch::Tensor& signal) const override;
  std::int64_t planes() const override { return 2 * layout_.channels + 2; }
  std::int64_t numbers() const override;
  void to(torch::Device device) override;
  torch::Device device() const override { return mean_.device(); }
  State state() const override; ///< 'mean', 'variances', and 'basis' by name, or its matrix
  static std::unique_ptr<Prior> load(const std::string& kind, const Layout& layout, const State& state);

private:
  std::string kind_;
  Layout layout_;
  torch::Tensor mean_; // (C, L1, ..., Ld) float64
  Operator covariance_;
  torch::Tensor site_variances_; // its diagonal on the sites
  double deviation_;             // root mean square about the mean: the unit of the network's inputs
};

/// Mean and principal components of the data: the covariance of the sites, averaged over channels. (V, V) numbers; for
/// layouts of at most 4096 sites. The smallest variances are raised to 1e-6 of the mean one.
class PrincipalComponentsFit : public PriorFit {
public:
  /// Throws std::invalid_argument for requests that ask for tilts, and for too many sites.
  PrincipalComponentsFit(std::string kind, const PriorRequest& request);

  void add(const torch::Tensor& configurations) override;
  std::vector<torch::Tensor> sums() const override { return {count_, sum_, products_}; }
  std::unique_ptr<Prior> prior(const torch::Tensor& field, const torch::Tensor& square) const override;

private:
  std::string kind_;
  Layout layout_;
  torch::Tensor about_;                  // (C, V): sums are of the distance from it
  torch::Tensor count_, sum_, products_; // (1), (C, V), (V, V) float64
};

} // namespace stint
