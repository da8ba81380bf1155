#pragma once
// The regression that a model learns from (arXiv:2508.04605, Algorithm 1): its loss on batches of a training law.

#include "generative/model.hpp"
#include "generative/training/law.hpp"

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include <functional>
#include <vector>

namespace stint {

/// The squared error of the network for each sample of the batch, (n), in units of its target's variance as the
/// prior knows it, weighted by Prior::loss_weights().
torch::Tensor regression_losses(Model& model, const Batch& batch);

/// Losses by family of the law, NaN for families that were not drawn.
struct ValidationLoss {
  double total = 0; ///< over all samples
  std::vector<double> of_family = {};
};

/// The loss of the model as it is on `batches` batches of `size` fixed samples of the law (Purpose::validation, this
/// seed), shared out among `ranks`, null for one rank: equal on all of them, and to rounding for any number.
/// Collective.
ValidationLoss validation_loss(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t batches,
                               std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks = {});

/// The same of the prior's estimate alone, the loss that the network starts from.
ValidationLoss prior_loss(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t batches,
                          std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks = {});

/// Measures the prior's correction, if it has one and the model knows multiples of the identity, over `batches` batches
/// of training with these alone, from step `first` on, every other one without tilts and the rest with. Each rank draws
/// its share. After every batch `go_on` is asked with their number; false, and nothing has changed, once it says no,
/// which it must on all ranks. Collective.
bool fit_correction(
    Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t first, std::int64_t batches,
    std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks,
    const std::function<bool(std::int64_t done)>& go_on = [](std::int64_t) { return true; });

} // namespace stint
