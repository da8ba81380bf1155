#pragma once
// A training run from its first step, or its checkpoint, to its model file.

#include "generative/training/trainer.hpp"
#include "src/files/model_file.hpp"
#include "src/program/stop_request.hpp"
#include "src/ranks/mpi.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace stint {

/// When a run reports, and where to.
struct TrainingRunOptions {
  std::string output; ///< the model file; checkpoints are OUTPUT.checkpoint
  bool overwrite = false;
  bool show_progress = true;            ///< on rank 0
  std::int64_t report_every = 100;      ///< steps between entries of the history
  std::int64_t validate_every = 500;    ///< steps
  std::int64_t checkpoint_every = 1000; ///< steps
  std::optional<double> time_limit;     ///< seconds
};

/// The loop, its history and its files. A run that was stopped at any step and resumed gives the parameters and the
/// history of an uninterrupted one.
class TrainingRun {
public:
  /// Everything referred to must outlive the run. `files` is held while a file is written, see EnsembleWindows. The
  /// record says how the run is made; its history is filled in.
  TrainingRun(const Mpi& mpi, const Kinds& kinds, TrainingRunOptions options, Provenance provenance, Model& model,
              Trainer& trainer, const TrainingLaw& validation_law, std::mutex& files, TrainingRecord record);

  /// Continues from the checkpoint, which has the options of this run (files/same_run.hpp). Throws UsageError if it was
  /// made from other data or with another precision.
  void resume();

  /// Trains to the end and writes the model. On a signal or when time is up, writes a checkpoint and throws
  /// StoppedEarly. Throws CommonFailure if 10 steps in a row had to be skipped. Collective.
  void train();

  const TrainingRecord& record() const { return record_; }

private:
  std::string checkpoint_path() const { return options_.output + ".checkpoint"; }
  void record_step(std::optional<double> loss, double seconds);
  void validate();
  void check_usable(const Trainer::NamedTensors& tensors) const; // throws CommonFailure
  std::string note() const;
  void write(const std::string& path, bool overwrite, const Trainer::NamedTensors& tensors);

  const Mpi& mpi_;
  const Kinds& kinds_;
  TrainingRunOptions options_;
  Provenance provenance_;
  Model& model_;
  Trainer& trainer_;
  const TrainingLaw& validation_law_;
  std::mutex& files_;
  TrainingRecord record_;
  StopRequest stop_;
  double seconds_since_entry_ = 0; ///< spent in the steps of this process
  std::int64_t timed_since_entry_ = 0;
};

} // namespace stint
