#pragma once
// What the network is trained on: the law of (alpha, beta), of the data, and of the tilts.

#include "generative/drifts/drift.hpp"
#include "generative/training/family.hpp"
#include "generative/training/training_data.hpp"
#include "lattice/geometry.hpp"
#include "lattice/random.hpp"

#include <memory>

namespace stint {

struct LawOptions {
  bool symmetric = false;       ///< use phi -> -phi too
  FamilyWeights families = {};  ///< of operators
  double field_range = 0;       ///< h ~ U(-field_range, field_range) in tilted samples,
  double quadratic_range = 0;   ///< and k2 ~ U(-quadratic_range, quadratic_top), or one of the two, a third each
  double quadratic_top = 0;     ///< k2 of the law that observations are mapped to, at least 0: the lowest mass
  double tilted_fraction = 0.5; ///< of the samples, if there are tilts

  bool tilts() const { return tilted_fraction > 0 && (field_range > 0 || quadratic_range > 0 || quadratic_top > 0); }
};

/// Samples of one family, on the CPU.
struct BatchPart {
  Family family = Family::scalar;
  Observation observation; ///< of n samples
  torch::Tensor x1;        ///< (n, L1, ..., Ld)
  torch::Tensor quadratic; ///< (n) float64, k2 of the law that each is from, less quadratic_top
};
using Batch = std::vector<BatchPart>;

/// Draws batches from configurations. Every sample gets an operator of its own family (FamilyDraws) and its own
/// symmetry of the lattice (a translation, reflections, a permutation of equal axes, and phi -> -phi if symmetric). In
/// tilted samples x1 is drawn from the data with the weights exp(sum_x h phi_x + k2 phi_x^2), and every observation is
/// mapped to one of the law at h = 0 and k2 = quadratic_top, observe(): its posterior mean is the same function of the
/// observation in all samples, asked where only tilted sampling asks it (arXiv:2508.04605, eqs. 19-21; THEORY 4).
class TrainingLaw {
public:
  /// configurations (N, L1, ..., Ld) float32 on the CPU. Throws what check_tilts() throws.
  TrainingLaw(Geometry geometry, const torch::Tensor& configurations, LawOptions options);

  /// Data of this lattice, whose check_tilts() the caller has made.
  TrainingLaw(Geometry geometry, std::shared_ptr<TrainingData> data, LawOptions options);

  /// Samples first, ..., first + count - 1 of the batch of `size` samples of training step `step`: each is a function
  /// of (seed, step, index), whichever rank asks. purpose is training or validation; its noise is of the purpose with
  /// `_noise`. Throws what the data throw.
  Batch draw(std::uint64_t seed, Purpose purpose, std::int64_t step, std::int64_t first, std::int64_t count,
             std::int64_t size) const;

  const LawOptions& options() const { return options_; }

  /// Draws with other options from the same data.
  TrainingLaw with(const LawOptions& options) const { return {geometry_, data_, options}; }

private:
  void transformed_copy(std::span<const float> in, std::span<const std::uint32_t> bits, std::span<float> out) const;

  Geometry geometry_;
  std::shared_ptr<TrainingData> data_;
  LawOptions options_;
  FamilyDraws draws_;
};

/// Throws std::invalid_argument if the weights exp(sum_x h phi_x + k2 phi_x^2) of the strongest tilts of the options
/// leave fewer than 100 effective configurations, (sum w)^2 / sum w^2, in `share` of these data.
void check_tilts(const LawOptions& options, const Choice& data, double share = 1);

} // namespace stint
