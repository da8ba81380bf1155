#pragma once
// Draws of images given what is left of them. Their mean in one evaluation is posterior_mean() of sampler.hpp.

#include "generative/images/restoration/problem.hpp"
#include "generative/sampler.hpp"

namespace stint {

/// How draws are made: the SDE with eps = 1, which is the exact reversal of the noising, by sde2.
struct DrawOptions {
  Operator reference = 1; ///< of the solver and schedule, Prior::reference()
  int steps = 20;
  torch::Device device = torch::kCPU;
};

/// Draws from the law of x1 given y.
struct Draws {
  torch::Tensor images;   ///< (draws, N, C, L1, L2) float32 on the CPU
  double evaluations = 0; ///< of the drift, for one draw
};

/// Draws for the images first, first + 1, ... < 2^24: number k of image n is the configuration k 2^24 + n of
/// Sampler(seed), whatever the batches. Throws std::invalid_argument for less than 1 or more than 256 draws.
Draws draw(const Drift& drift, const Layout& layout, const Problem& problem, const torch::Tensor& observed,
           std::int64_t draws, const DrawOptions& options, std::uint64_t seed, std::int64_t first);

/// A ratio of means over images, with its standard error.
struct Ratio {
  double value = NAN, error = NAN;
};

/// Whether draws scatter as much as their mean is wrong. With K draws of an image, variance v (unbiased, mean over
/// pixels) and squared distance e of their mean from the truth,
///   E e = E|E[x1|y] - x1|^2 + E v / K,
/// so that <v> / (<e> - <v>/K), means over images, is 1 for draws from the posterior, and below 1 for draws that are
/// too sure. `draws` (K, N, ...) with K >= 2, `truth` (N, ...). Error by the delta method, NaN for one image.
Ratio calibration(const torch::Tensor& draws, const torch::Tensor& truth);

} // namespace stint
