#pragma once
// Models on disk: the format "stint-model". Plain numbers; loading a file can run no code.
//
//   /parameters/<name>, /ema/<name>          float32, the parameters and their moving average, which sampling uses
//   /optimizer/mean/<name>, .../square/...   float32, in checkpoints
//   /prior/...                               what the kind of data knows without the network, Prior::state(): its
//   tensors
//                                            as datasets, its numbers and texts as attributes of the group. Files of
//                                            versions 5 and 6 have both in the root group
//   /history/step, loss, samples_per_second, validation_step, validation_loss
//   /history/validation/<family>             the validation loss of each family of operators
//   attributes    kind, lattice (channels), couplings, tilts and network of the model, and the training's options, one
//                 each, and the provenance

#include "generative/model.hpp"
#include "generative/training/trainer.hpp"
#include "src/files/hdf5.hpp"
#include "src/program/provenance.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint {

inline constexpr const char* model_format = "stint-model"; ///< attribute "format"

/// How the parameters came to be.
struct TrainingRecord {
  TrainingOptions options;
  double tilted_fraction = 0; ///< of the samples, see LawOptions
  std::string precision;      ///< of the convolutions: fp32 or bf16
  std::string data_file;
  std::string data_digest;                                              ///< of the configurations, see TrainingInput
  double window = 0;                                                    ///< GiB, see TrainingInput
  std::int64_t steps_done = 0, steps_skipped = 0, skipped_in_a_row = 0; ///< skipped: not finite, see Trainer::step
  std::vector<double> step = {}, loss = {};                             ///< the loss, averaged since the entry before
  std::vector<double> samples_per_second = {};                          ///< since the entry before
  double loss_since_entry = 0;                                          ///< sum over the steps since the last entry
  std::int64_t taken_since_entry = 0; ///< steps since the last entry that were not skipped
  std::vector<double> validation_step = {},
                      validation_loss = {}; ///< of the moving average of the parameters, on held-out data
  std::map<std::string, std::vector<double>> family_loss = {}; ///< the same by the name of the family
  std::map<std::string, double> prior_loss = {}; ///< by family: of the prior's estimate, where the network starts
};

/// Writes a model; with an optimizer's state among the tensors it is a checkpoint. The file is whole or absent.
void write_model(const std::string& path, bool overwrite, const Model& model, const TrainingRecord& record,
                 const Trainer::NamedTensors& tensors, const Provenance& provenance);

/// Reads a model and its training record. Throws std::runtime_error, one line naming the file, for anything that is not
/// a whole model file of a version and kind this program knows.
class ModelReader {
public:
  ModelReader(const std::string& path, const Kinds& kinds);

  const Prior& prior() const { return *prior_; }
  const ModelDescription& description() const { return *description_; }
  const TrainingRecord& record() const { return record_; }

  /// Copies the dataset /<name> into each tensor. Throws std::runtime_error if one is missing, has another shape or is
  /// not finite.
  void read(const Trainer::NamedTensors& tensors) const;

  /// The model with its averaged parameters.
  Model model() const;

private:
  hdf5::File file_;
  std::unique_ptr<Prior> prior_;
  std::optional<ModelDescription> description_;
  TrainingRecord record_;
};

} // namespace stint
