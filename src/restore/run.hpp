#pragma once
// Restores the images of an ensemble by all methods.

#include "generative/images/restoration/posterior.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/program/stop_request.hpp"
#include "src/restore/answers.hpp"
#include "src/restore/settings.hpp"
#include "src/sample/source.hpp"

namespace stint {

/// What a method made of all images.
struct Restoration {
  std::string method;
  torch::Tensor images;                     ///< (N, C, L1, L2) float32 on the CPU
  double evaluations = NAN;                 ///< of the model, backward ones too, for one image
  double seconds = NAN;                     ///< for one image
  std::string settings = {};                ///< for the user
  std::optional<Ratio> calibration_of = {}; ///< of draws
};

struct ProblemResult {
  std::string problem;
  double sigma = 0;
  torch::Tensor truth = {};                   ///< (N, C, L1, L2) float32
  std::vector<Restoration> restorations = {}; ///< the first one is 'degraded', the observation itself
  torch::Tensor deviation = {};               ///< of the draws, pixel by pixel; undefined without 2 of them
  std::vector<std::string> tuned = {};        ///< lines on what tuning found
};

/// What the models are.
struct Restorer {
  Source source;
  std::optional<Source> regressor;
  std::string models_digest; ///< of the files of both
  torch::Device device = torch::kCPU;
};

/// One problem; `answers` keeps what the methods make of each batch. Throws std::invalid_argument for settings that
/// make no sense, and Interrupted once `stop` was made.
ProblemResult restore(const Restorer& restorer, const RestoreSettings& settings, const std::string& problem,
                      const EnsembleReader& data, std::uint64_t seed, const StopRequest& stop, Answers& answers);

/// How many images the answers to all problems count, those of tuning among them.
std::int64_t work_of(const RestoreSettings& settings);

} // namespace stint
