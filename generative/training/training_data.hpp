#pragma once
// Where a training law finds its configurations: all of them in memory, or what a window on a larger file shows.

#include "generative/torch.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace stint {

/// What a tilt has to know of configurations: the sum of all numbers of each, and that of their squares.
struct SiteSums {
  std::vector<double> field, square;

  void append(std::span<const float> configurations, std::int64_t numbers); ///< (n, numbers)
};

/// Configurations to draw from, each as likely as the others.
struct Choice {
  std::span<const float> configurations; ///< (n, C V) row-major
  std::span<const double> field, square; ///< (n), as in SiteSums
  std::int64_t law = 0;                  ///< that they are from, one of Prior::law()

  std::int64_t size() const { return std::ssize(field); }
};

/// The samples of a batch are divided among groups; those of one group draw from the same configurations. Which these
/// are is a function of step and group alone, whichever rank asks.
class TrainingData {
public:
  virtual ~TrainingData() = default;
  virtual std::int64_t group_of(std::int64_t sample) const = 0;
  /// Valid until another step is asked for. Several threads may ask at once, for one step.
  virtual Choice choice(std::int64_t step, std::int64_t group) = 0;
};

/// An ensemble in memory: one group that sees all of it.
class WholeEnsemble : public TrainingData {
public:
  explicit WholeEnsemble(const torch::Tensor& configurations); ///< (N, C, L1, ..., Ld) float32 on the CPU
  std::int64_t group_of(std::int64_t /*sample*/) const override { return 0; }
  Choice choice(std::int64_t step, std::int64_t group) override;

private:
  std::span<const float> numbers() const;

  torch::Tensor configurations_;
  SiteSums sums_;
};

/// Ensembles of several laws, Choice::law their number. 16 samples after each other, which meet every family of
/// operators, draw from one ensemble. Those of a batch lie evenly among the ensembles, and from step to step they move
/// on by one: all are met equally often.
class SeveralEnsembles : public TrainingData {
public:
  explicit SeveralEnsembles(std::vector<std::shared_ptr<TrainingData>> ensembles); ///< of one group each
  std::int64_t group_of(std::int64_t sample) const override { return sample / 16; }
  Choice choice(std::int64_t step, std::int64_t group) override;

private:
  std::vector<std::shared_ptr<TrainingData>> ensembles_;
  std::int64_t stride_; ///< from group to group
};

} // namespace stint
