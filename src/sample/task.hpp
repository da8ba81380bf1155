#pragma once
// The task of 'stint sample': which path, and what is known at its start.

#include "generative/paths/task.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/ranks/mpi.hpp"

#include <optional>
#include <string>

namespace stint {

class Options;

struct TaskOptions {
  std::string task = "generate";
  std::string known; ///< ensemble file
  std::string known_configuration = "each";
  std::string mask;
  std::string order = "raster", keep = "modes", curve = "linear";
  double known_noise = 0, overlap = 0, blur = 0;
  int shells = 4, factor = 2;

  void declare(Options& options); ///< as group "Task"
};

/// An order of --task sequential that is chosen on the way.
struct ChosenOrder {
  torch::Tensor groups; ///< of sites, (L1, ..., Ld)
  bool largest;         ///< the next group is that of the largest conditional variance, or that of the smallest
};

/// A task with the configurations that it starts from.
class KnownTask {
public:
  /// Throws UsageError for options that are missing, wrong, or go with another task, and for --known of another kind.
  KnownTask(const Mpi& mpi, const TaskOptions& settings, const Options& options, const std::string& kind,
            const Layout& layout, std::uint64_t seed);

  const Task& task() const { return *task_; } ///< of a chosen order the same groups one after another
  const std::optional<ChosenOrder>& chosen_order() const { return chosen_order_; }
  /// What is known, for the samples first, ..., first + count - 1: (count or 1, C, L1, ..., Ld), or undefined.
  torch::Tensor observed(std::int64_t first, std::int64_t count) const;

  /// Sites that are data from the start, (L1, ..., Ld) bool; undefined if there are none.
  const torch::Tensor& held() const { return held_; }
  /// Whether the target of all samples is one and the same law: the model's, or a conditional on one configuration.
  bool one_law() const { return !known_ || index_.has_value(); }
  /// Whether that law is the model's action on the sites that are not held.
  bool has_action() const { return has_action_; }

private:
  Layout layout_;
  std::optional<Task> task_;
  std::optional<ChosenOrder> chosen_order_;
  std::optional<EnsembleReader> known_;
  std::optional<std::int64_t> index_; // of the one known configuration; none: sample n knows configuration n
  torch::Tensor held_;
  bool has_action_ = true;
};

} // namespace stint
