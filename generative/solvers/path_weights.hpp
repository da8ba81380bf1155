#pragma once
// Exact weights in the space of paths, along the SDE: no divergence, one evaluation of the drift a step (THEORY 6).

#include "generative/drifts/drift.hpp"
#include "generative/paths/path.hpp"
#include "generative/solvers/solver.hpp"

namespace stint {

/// Real coordinates in an orthonormal basis: white noise stays white noise, and every coordinate is one independent
/// number. Shape (N, C, L1, ..., Ld), float64. They are Basis::coordinates(), but in the Fourier basis Hartley's
///   h(k) = sum_x (cos kx + sin kx) phi_x / sqrt(V),
/// in which operators with entries(k) = entries(-k) are diagonal too.
class RealCoordinates {
public:
  explicit RealCoordinates(Basis basis) : basis_(std::move(basis)), path_(basis_) {}

  /// For operators on sites with the same entries on all `missing` sites (L1, ..., Ld): those sites rotated, the others
  /// as they are. Gaussian data of the covariance `reference` (one channel) have a diagonal precision given the others.
  static RealCoordinates inpainting(const torch::Tensor& missing, const Operator& reference);

  const Basis& basis() const { return basis_; }
  const Basis& path_basis() const { return path_; } ///< operators that are diagonal in it are so in the coordinates
  /// The variances of Gaussian data like the reference, coordinate by coordinate; of inpainting() given the known
  /// sites.
  torch::Tensor variances(const Operator& reference, at::IntArrayRef extents) const;
  /// The variance of every site where the coordinates are independent with these variances (L1, ..., Ld).
  torch::Tensor of_sites(const torch::Tensor& variances, at::IntArrayRef extents) const;
  torch::Tensor of(const torch::Tensor& fields) const;
  torch::Tensor fields(const torch::Tensor& coordinates) const; ///< the inverse, float64

private:
  Basis basis_, path_;
  torch::Tensor variances_; // of inpainting()
};

/// Cov[x1 | X] at a knot as D^{1/2} C D^{1/2}, positive; any such function gives exact weights; the closer, the less
/// they scatter.
struct PosteriorVariance {
  /// C, diagonal in the real coordinates, broadcastable to them.
  std::function<torch::Tensor(std::int64_t knot, const Pair& pair)> of_coordinates;
  /// D, diagonal on sites, (N, C, L1, ..., Ld) of about 1: how much more or less than on average is open where the mean
  /// is eta1 (N, C, L1, ..., Ld). Used where operators are diagonal on sites. Empty: 1.
  std::function<torch::Tensor(std::int64_t knot, const torch::Tensor& eta1)> of_sites = {};
};

struct WeightedPath {
  torch::Tensor x;         ///< the configurations at the end, (N, C, L1, ..., Ld), of the type of the start
  torch::Tensor log_ratio; ///< sum_k log B_k - log F_k, (N) float64
  double evaluations = 0;  ///< of the drift, mean over configurations
};

/// Takes the noise x, with what is known, along the knots by the Gaussian kernels F_k that follow, and compares them
/// with the noising B_k of data. Coordinate by coordinate, with r = beta_k/beta_{k+1} and c = r
/// alpha_{k+1}^2/alpha_k^2,
///   B_k(X_k | X_{k+1}):  mean r X_{k+1},  variance alpha_k^2 - r^2 alpha_{k+1}^2,
///   F_k(X_{k+1} | X_k):  mean c X_k + (beta_{k+1} - c beta_k) eta1(X_k),
///                        variance v + (beta_{k+1} - c beta_k)^2 C_k,  v = alpha_{k+1}^2 (1 - r^2
///                        alpha_{k+1}^2/alpha_k^2),
/// C_k = variance.of_coordinates(k, pair). With variance.of_sites F_k scatters by S^{1/2} times that, where
/// S = 1 + f (D - 1) site by site and f is the share of C_k in the variance, on average. Where beta_k = 0, B_k is the
/// law of the noise, which the start was drawn from: it cancels and does not count. Coordinates that do not move
/// between two knots have neither. For the density p of the data, whatever the drift, <p(x) exp(log_ratio)> = 1 and
/// averages with these weights are those of p: with exp(-S) in the place of p the mean weight is Z, the integral of
/// exp(-S) over the coordinates that began as noise. For Gaussian data with their drift and variance all weights are
/// equal.
///
/// `noise` gives standard normal coordinates for each step. Throws std::invalid_argument unless all pairs are diagonal
/// in the coordinates' basis and lead from noise to data, and Interrupted if `interrupted` says so.
WeightedPath weighted_path(const Drift& drift, const torch::Tensor& x, const Knots& knots,
                           const RealCoordinates& coordinates, const PosteriorVariance& variance,
                           const StepNoise& noise, const std::function<bool()>& interrupted = {});

/// A path that the B_k make of data x1, down to noise, and its log_ratio: for x1 of the law p these paths with these
/// ratios are distributed as those of weighted_path() are with their weights. So from x1 to the end of a path of
/// weighted_path(), accepted with probability min(1, p(x) exp(log_ratio) / p(x1) exp(log_ratio of the noised path)), is
/// a Markov step that leaves p as it is, whatever the drift. `x` of the result is the noise.
WeightedPath noised_path(const Drift& drift, const torch::Tensor& x1, const Knots& knots,
                         const RealCoordinates& coordinates, const PosteriorVariance& variance, const StepNoise& noise,
                         const std::function<bool()>& interrupted = {});

/// P alpha^2/(alpha^2 + beta^2 P), the posterior variance of Gaussian data of the variances P (of the coordinates).
torch::Tensor gaussian_posterior_variance(const torch::Tensor& variances, const Pair& pair);

/// eta1 of states x, float64 fields. At pure noise it does not depend on x: one configuration tells it for all.
/// Adds what was evaluated, a configuration, to `evaluations`.
torch::Tensor posterior_mean_fields(const Drift& drift, const Pair& pair, const torch::Tensor& x, double& evaluations);

} // namespace stint
