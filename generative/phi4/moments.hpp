#pragma once
// Second moments of the data in momentum space, and the law of the magnetisation.

#include "generative/torch.hpp"
#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"

#include <optional>

namespace stint {

/// The law of the magnetisation M as a mixture of Gaussians of one width on a grid: M is not Gaussian near and below
/// the transition.
struct MagnetisationLaw {
  torch::Tensor centers; ///< (K) float64, equally spaced
  torch::Tensor weights; ///< (K) float64, sum 1
  double width = 0;      ///< standard deviation of each Gaussian
  /// Mean and variance of sum_x (phi_x - M)^2 in each bin, (K) float64; undefined if not measured.
  torch::Tensor square_mean = {}, square_variance = {};

  bool known() const { return centers.defined(); }
  bool squares_known() const { return square_mean.defined(); }

  /// The law of M of the data reweighted with exp(k2 sum_x (phi_x - M)^2), whose mean in each bin is that of a
  /// Gaussian: times exp(k2 V M^2), that reweighted with exp(k2 sum_x phi_x^2). Throws std::invalid_argument for
  /// k2 != 0 if squares_known() is false.
  MagnetisationLaw tilted(double k2) const;

  MagnetisationLaw to(torch::Device device) const;
};

/// Weights that make of configurations those of the theory with another k2: exp(k2 (sum_x phi_x^2 - reference)). The
/// reference, about what such sums are, keeps them finite.
struct Reweighting {
  double k2 = 0, reference = 0;

  torch::Tensor weights(const torch::Tensor& squares) const { return (k2 * (squares - reference)).exp(); }
};

/// What is measured of translation-invariant data.
struct Moments {
  double mean = 0;        ///< <phi_x>
  torch::Tensor spectrum; ///< P(p) = <|phi(p)|^2>/V of phi - mean, (L1, ..., Ld), float64
  torch::Tensor
      force_spectrum; ///< Q(p) = <|F(p)|^2>/V of F = -dS/dphi, the same shape; undefined if the action is unknown
  MagnetisationLaw magnetisation; ///< not known() for Gaussian data

  torch::Tensor variance() const { return spectrum.mean(); } ///< <(phi_x - mean)^2>, a number

  /// About what the spectrum is in the theory with this k2 <= 0: 1/P grows by a number, which the law of M gives or,
  /// where it is not known, is -2 k2, as for Gaussian data.
  torch::Tensor tilted_spectrum(double k2) const;

  /// The moments expected on a larger lattice, for correlations that are short on this one: 1/P and Q, whose kernels in
  /// space are short, by trigonometric interpolation, and M Gaussian with the variance P(0)/V. Throws
  /// std::invalid_argument if an extent is no multiple of the present one.
  Moments on(const Geometry& geometry) const;

  Moments to(torch::Device device) const;
};

/// Moments of configurations that come in parts. Sums of several of these add up.
class MomentSums {
public:
  /// With a theory the force spectrum is measured too. `about`: the mean of the data, as far as it is known; rounding
  /// errors grow with the distance from it.
  MomentSums(const Geometry& geometry, const std::optional<Phi4>& theory, double about = 0,
             const Reweighting& reweighting = {});

  void add(const torch::Tensor& configurations); ///< (n, 1, L1, ..., Ld)

  /// Of both spectra, (2, L1, ..., Ld) float64; may be added to.
  torch::Tensor sums() const { return sums_; }

  /// With sum_x phi_x and sum_x phi_x^2, (N) float64, of all configurations; averaged over the reflections and
  /// permutations of equal axes that the action respects. If symmetric, the law is taken as invariant under
  /// phi -> -phi: mean = 0.
  Moments moments(const torch::Tensor& sums, const torch::Tensor& squares, bool symmetric) const;

private:
  std::optional<Phi4> theory_;
  double about_;
  Reweighting reweighting_;
  torch::Tensor sums_;
};

/// All this of configurations (N, 1, L1, ..., Ld), reweighted to the theory with this k2.
Moments measure_moments(const torch::Tensor& configurations, bool symmetric, const std::optional<Phi4>& theory,
                        double k2 = 0);

} // namespace stint
