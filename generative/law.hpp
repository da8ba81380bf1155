#pragma once
// What the network is trained on: the law of (alpha, beta), of the data, and of the tilts.

#include "generative/interpolant.hpp"
#include "lattice/geometry.hpp"
#include "lattice/random.hpp"

namespace stint {

struct LawOptions {
  bool symmetric = false;       ///< use phi -> -phi too
  double field_range = 0;       ///< h ~ U(-field_range, field_range) in tilted samples
  double tilted_fraction = 0.5; ///< of each batch, if field_range > 0
};

/// Some samples of a batch, on the CPU.
struct Batch {
  ScalarPair pair;
  torch::Tensor signal; ///< beta (alpha x0 + beta x1) + alpha^2 h, (n, L1, ..., Ld)
  torch::Tensor x1;     ///< (n, L1, ..., Ld)
};

/// Draws batches from configurations. Every sample gets its own pair, log(alpha/beta) uniform in +-log_ratio_range, and
/// its own symmetry of the lattice (a translation, reflections, a permutation of equal axes, and phi -> -phi if
/// symmetric). In the tilted part of a batch, x1 is drawn from the data with the weights exp(h V M) and the
/// observation's y is shifted by h: its posterior mean is the same function of the observation as in the untilted part,
/// asked where only tilted sampling asks it (arXiv:2508.04605, eqs. 19-21; THEORY 4).
class TrainingLaw {
public:
  /// configurations (N, L1, ..., Ld) float32 on the CPU. Throws std::invalid_argument if the weights of the strongest
  /// tilt leave fewer than 100 effective configurations.
  TrainingLaw(Geometry geometry, torch::Tensor configurations, LawOptions options);

  /// Samples first, ..., first + count - 1 of the batch of `size` samples of training step `step`: each is a function
  /// of (seed, step, index), whichever rank asks. purpose is training or validation; its noise is of the purpose with
  /// `_noise`.
  Batch draw(std::uint64_t seed, Purpose purpose, std::int64_t step, std::int64_t first, std::int64_t count,
             std::int64_t size) const;

  /// (sum w)^2 / sum w^2 of the weights exp(h V M).
  double effective_configurations(double field) const;

private:
  std::vector<double> cumulative_weights(double field) const;
  void transformed_copy(std::int64_t configuration, std::span<const std::uint32_t> bits, std::span<float> out) const;

  Geometry geometry_;
  torch::Tensor configurations_;
  LawOptions options_;
  std::vector<double> total_field_; // V M of each configuration
};

} // namespace stint
