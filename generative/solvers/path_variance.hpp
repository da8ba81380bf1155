#pragma once
// The variances of path weights (path_weights.hpp), measured.

#include "generative/solvers/path_weights.hpp"

namespace stint {

/// Which coordinates are alike, as numbers 0, 1, ... of their shape: those whose variances are in one of `groups` equal
/// parts of the range, on a logarithmic scale.
torch::Tensor alike(const torch::Tensor& variances, int groups);

struct VarianceSettings {
  int groups = 12;         ///< of coordinates that are alike
  std::int64_t window = 0; ///< knots on either side that count for one
  bool sites = true;       ///< measure PosteriorVariance::of_sites too
};

/// The mean squared error of eta1, for configurations x1 (N, C, L1, ..., Ld) that are noised to each knot.
///   of_coordinates  that of Gaussian data of the variances P (of the coordinates) times the sum of (x1 - eta1)^2 over
///                   its own sum, group by group, over coordinates that move in the step that follows
///   of_sites        (x1 - eta1)^2 over that, as a function of eta1 on the site: piecewise linear between 25 values up
///                   to three times the root mean square of eta1. Where the mean is large, phi^4 is closed
/// `noise(k, like)` gives standard normal fields for knot k. One evaluation of the drift a knot and configuration.
/// Throws Interrupted if `interrupted` says so.
PosteriorVariance measured_variance(const Drift& drift, const Knots& knots, const RealCoordinates& coordinates,
                                    const torch::Tensor& variances, const torch::Tensor& x1, const StepNoise& noise,
                                    const VarianceSettings& settings, const std::function<bool()>& interrupted = {});

} // namespace stint
