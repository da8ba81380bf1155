#pragma once
// What training has to know of an ensemble larger than memory, from one pass over its file.

#include "generative/phi4/moments.hpp"
#include "generative/training/training_data.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/ranks/mpi.hpp"

#include <optional>
#include <string>

namespace stint {

struct EnsembleSurvey {
  Moments moments;    ///< of the configurations to train on
  SiteSums sums;      ///< of each of them
  std::string digest; ///< of the digests of 64 parts of all configurations
};

/// Reads the file once, each rank its share, some MiB at a time; the sums are 16 bytes a configuration. The first
/// `training` configurations are to train on; symmetric, theory and k2 as for measure_moments(). Equal on all ranks,
/// and to rounding for any number of them. Throws std::runtime_error naming the file for damaged data, NaN and Inf.
/// Collective.
EnsembleSurvey survey_ensemble(const Mpi& mpi, const EnsembleReader& ensemble, std::int64_t training, bool symmetric,
                               const std::optional<Phi4>& theory, double quadratic, bool show_progress);

} // namespace stint
