#pragma once
// Training of a model by regression on interpolants (arXiv:2508.04605, Algorithm 1), data-parallel over ranks.

#include "generative/model.hpp"
#include "generative/training/law.hpp"

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stint {

struct TrainingOptions {
  std::int64_t steps = 6000;
  std::int64_t batch = 64;      ///< over all ranks
  std::int64_t accumulate = 1;  ///< parts of a rank's share of the batch, one after another: less memory, same result
  double learning_rate = 2e-3;  ///< peak; linear warm-up, then cosine decay to 0 at `steps`
  std::int64_t warmup = 100;    ///< steps
  double weight_decay = 1e-4;   ///< AdamW (arXiv:1711.05101)
  double gradient_clip = 1;     ///< largest norm of the gradient
  double average_decay = 0.998; ///< of the exponential moving average of the parameters, the ones that sampling uses
  std::uint64_t seed = 1;
};

/// One optimiser step after the other. Everything random is keyed by (seed, step, sample index in the global batch), so
/// the result is the same for any number of ranks and threads, to rounding, and for any number of interruptions,
/// exactly. On the CPU every thread computes the gradient of samples of its own.
class Trainer {
public:
  using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

  /// The model and the law must outlive the trainer. `ranks` is a process group that sums over ranks, null for one
  /// rank. Throws std::invalid_argument if the batch is not a multiple of ranks x accumulate or an option makes no
  /// sense.
  Trainer(Model& model, const TrainingLaw& law, TrainingOptions options, c10::intrusive_ptr<c10d::ProcessGroup> ranks);

  /// One step; the loss of the batch: mean squared error of the network in units of its target's variance in Gaussian
  /// approximation. If the loss or its gradient is not finite on any rank, all ranks leave the parameters, their
  /// average and the optimiser as they are, and get nothing. Collective.
  std::optional<double> step();

  const c10::intrusive_ptr<c10d::ProcessGroup>& ranks() const { return ranks_; }
  /// After the last step: fit_correction() of the model with the averaged parameters, from correction_batches() more.
  /// After every one `go_on` is asked with their number; false once it says no, and nothing has changed. Collective.
  bool finish(const std::function<bool(std::int64_t done)>& go_on = [](std::int64_t) { return true; });
  std::int64_t correction_batches() const { return (options_.steps + 7) / 8; }

  std::int64_t steps_done() const { return steps_done_; } ///< with the skipped ones
  std::int64_t steps_skipped() const { return steps_skipped_; }

  /// Everything that a continued run needs, by name: parameters/<name>, ema/<name>, optimizer/mean/<name>,
  /// optimizer/square/<name>. The tensors are the trainer's own: copy into them to restore, then set_steps().
  NamedTensors state() const;
  void set_steps(std::int64_t done, std::int64_t skipped);

  /// Exchanges the parameters and their moving average: sample and validate with the average, train on with the
  /// parameters.
  void swap_average();

private:
  double learning_rate() const;
  void compute_gradients();
  void add_gradients(const SampleRange& samples);
  void update();

  Model& model_;
  const TrainingLaw& law_;
  TrainingOptions options_;
  c10::intrusive_ptr<c10d::ProcessGroup> ranks_;
  std::vector<std::string> names_;
  std::vector<torch::Tensor> parameters_, averages_, means_, squares_, counts_;
  torch::Tensor sums_;                   // the gradient's numbers one after another, then the loss: what ranks share
  std::vector<torch::Tensor> gradients_; // views of it in the parameters' shapes
  std::int64_t steps_done_ = 0, steps_skipped_ = 0;
};

} // namespace stint
