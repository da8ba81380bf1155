#pragma once
// What training has to know of an ensemble larger than memory, from one pass over its file.

#include "generative/prior.hpp"
#include "generative/training/training_data.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/ranks/mpi.hpp"

#include <functional>
#include <memory>
#include <string>

namespace stint {

struct EnsembleSurvey {
  std::unique_ptr<Prior> prior; ///< of the configurations to train on
  SiteSums sums;                ///< of each of them
  std::string digest;           ///< of the digests of 64 parts of all configurations
};

/// Makes the fit of a prior, given a configuration (1, C, L1, ..., Ld) of the data.
using MakeFit = std::function<std::unique_ptr<PriorFit>(const torch::Tensor& sample)>;

/// Reads the file once, each rank its share, some MiB at a time; the sums are 16 bytes a configuration. The first
/// `training` configurations are to train on. Equal on all ranks, and to rounding for any number of them. Throws
/// std::runtime_error naming the file for damaged data, NaN and Inf. Collective.
EnsembleSurvey survey_ensemble(const Mpi& mpi, const EnsembleReader& ensemble, const Layout& layout,
                               std::int64_t training, const MakeFit& make_fit, bool show_progress);

} // namespace stint
