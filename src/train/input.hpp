#pragma once
// What training learns from: ensembles in memory, or one that is larger.

#include "generative/training/law.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/ranks/mpi.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace stint {

struct TrainingInputOptions {
  double validation_fraction = 0.05;                 ///< of the configurations, the last ones, held out
  double memory = 4;                                 ///< GiB that the configurations may take, on each rank
  Tilting tilting;                                   ///< that the model shall know
  bool use_action = true;                            ///< for the target, where the kind has one
  bool mirror = false;                               ///< PriorRequest::mirror
  std::function<LawOptions(const Prior& prior)> law; ///< of the training: its tilts are checked
  std::int64_t batch = 64;                           ///< over all ranks
  std::uint64_t seed = 1;
  bool show_progress = true;
};

struct TrainingInput {
  std::shared_ptr<TrainingData> data, held_out;
  std::unique_ptr<Prior> prior; ///< of the training data
  std::string digest;           ///< of all configurations
  double window = 0;            ///< the memory in GiB that windows were made for; 0: all configurations are in memory
};

/// An ensemble that fits into the memory is read by every rank; a larger one is surveyed once (survey_ensemble) and
/// then seen through EnsembleWindows, of which each rank has those of its samples, with at most 8192 of the held-out
/// configurations. Several ensembles, of laws that Kind::join makes one prior of, have to fit into the memory together.
/// `files` and the ensembles must outlive the data, see EnsembleWindows. Throws UsageError where options and data do
/// not fit, and what reading throws. Collective.
TrainingInput read_training_input(const Mpi& mpi, const std::vector<EnsembleReader>& ensembles, const Kind& kind,
                                  const TrainingInputOptions& options, std::mutex& files);

} // namespace stint
