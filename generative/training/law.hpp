#pragma once
// What the network is trained on: the law of (alpha, beta), of the data, and of the tilts.

#include "generative/prior.hpp"
#include "generative/side_by_side.hpp"
#include "generative/training/training_data.hpp"
#include "lattice/random.hpp"

#include <memory>

namespace stint {

struct LawOptions {
  FamilyLaw families;           ///< of operators
  Symmetries symmetries = {};   ///< of the data
  Tilting tilting = {};         ///< h ~ U(-h_range, h_range), k2 ~ U(-k2_range, k2_top)
  double tilted_fraction = 0.5; ///< of the samples, if there are tilts

  bool tilts() const { return tilted_fraction > 0 && tilting.any(); }
};

/// What a prior says of the law of its data, with these families of operators.
LawOptions law_options(const Prior& prior, FamilyLaw families, double tilted_fraction = 0.5);

/// Samples of one law and the families of one basis, on the CPU.
struct BatchPart {
  torch::Tensor families;  ///< (n) int64, the numbers of the samples' families in LawOptions::families
  Observation observation; ///< of n samples
  torch::Tensor x1;        ///< (n, C, L1, ..., Ld)
  torch::Tensor k2_below;  ///< (n) float64, k2 - k2_top of the law that each is from
  std::int64_t law = 0;    ///< one of Prior::law()
};
using Batch = std::vector<BatchPart>;

/// Draws batches from configurations. Every sample gets an operator of its own family and one of the data's symmetries.
/// In tilted samples x1 is drawn from the data with the weights exp(h sum x1 + k2 sum x1^2), and every observation is
/// mapped to one of the law at h = 0 and k2 = k2_top, observe(): its posterior mean is the same function of the
/// observation in all samples, asked where only tilted sampling asks it (arXiv:2508.04605, eqs. 19-21; THEORY 4). A
/// third of the tilted batches has h alone, a third k2 alone, a third both.
class TrainingLaw {
public:
  /// configurations (N, C, L1, ..., Ld) float32 on the CPU. Throws what check_tilts() throws.
  TrainingLaw(Layout layout, const torch::Tensor& configurations, LawOptions options);

  /// Data of this layout, whose check_tilts() the caller has made.
  TrainingLaw(Layout layout, std::shared_ptr<TrainingData> data, LawOptions options);

  /// These samples of the batch of `size` samples of training step `step`: each is a function of (seed, step, its
  /// number), whichever rank and thread asks. purpose is training or validation; its noise is of the purpose with
  /// `_noise`. Throws what the data throw.
  Batch draw(std::uint64_t seed, Purpose purpose, std::int64_t step, const SampleRange& samples,
             std::int64_t size) const;

  const LawOptions& options() const { return options_; }

  /// Draws with other options from the same data.
  TrainingLaw with(const LawOptions& options) const { return {layout_, data_, options}; }

private:
  void transformed_copy(std::span<const float> in, std::span<const std::uint32_t> bits, std::span<float> out) const;

  Layout layout_;
  std::shared_ptr<TrainingData> data_;
  LawOptions options_;
};

/// Throws std::invalid_argument if the weights exp(h sum x1 + k2 sum x1^2) of the strongest tilts of the options
/// leave fewer than 100 effective configurations, (sum w)^2 / sum w^2, in `share` of these data.
void check_tilts(const LawOptions& options, const Choice& data, double share = 1);

} // namespace stint
