#pragma once
// Sampling from its first batch, or its checkpoint, to its ensemble: batches shared out to ranks, parts on disk.

#include "src/files/ensemble_file.hpp"
#include "src/program/command.hpp"
#include "src/program/stop_request.hpp"
#include "src/sample/parts.hpp"
#include "src/sample/state_file.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace stint {

class Options;

struct SampleRunSettings {
  std::int64_t samples = 1024, batch = 256;
  bool weights = false, metropolis = false;
  bool path_weights = false; ///< weights are those of paths: there is no log-density
  bool relaxed = false;      ///< by HMC trajectories after the flow
  bool resume = false;
  double checkpoint_every = 300;    ///< seconds
  std::optional<double> time_limit; ///< seconds
  std::optional<PathStop> stop;     ///< where samples stop on the way: the output has their states

  void declare_run(Options& options); ///< --batch, --resume, --checkpoint-every, --time-limit
  void check() const;                 ///< throws UsageError
};

/// Some samples, on the rank that made them.
struct Samples {
  std::vector<float> configurations = {}; ///< (count, V)
  std::vector<double> log_density = {};   ///< (count) with weights, else empty; of paths log prod F_k / prod B_k
  std::vector<float> memory = {};         ///< (count, parts, numbers), Sampler::Result::memory, or empty
  std::array<std::int64_t, 2> parts_and_numbers = {}; ///< of the memory
  double evaluations = 0;                             ///< of the drift, for each sample
  double acceptance = 0;                              ///< of --relax
  std::int64_t unmoved = 0;                           ///< samples that --relax left as they were
};

/// Makes the samples first, ..., first + count - 1 of a run.
using MakeSamples = std::function<Samples(std::int64_t first, std::int64_t count)>;

struct SampleReport {
  double seconds = 0;
  double evaluations = 0;               ///< of the drift, for each sample
  double effective_sample_fraction = 0; ///< with weights
  double log_z = 0, log_z_error = 0;    ///< with weights
  double acceptance = 0;                ///< of --relax
  std::int64_t unmoved = 0;             ///< samples that --relax left as they were
};

/// Makes all samples and writes the ensemble, or with `stop` the file of states. Samples n with the same n / batch are
/// made together, on any rank, so that the file does not depend on ranks and interruptions, not even by rounding (it
/// does on batch and threads). On a signal or when time is up, writes what is there and throws StoppedEarly.
/// Collective.
SampleReport run_samples(const Mpi& mpi, const SampleRunSettings& settings, const CommonOptions& common,
                         const EnsembleHeader& header, const PartsFolder& folder, bool resume, const StopRequest& stop,
                         const MakeSamples& make);

/// What run_samples wrote of its report to the ensemble.
SampleReport read_sample_report(const hdf5::File& file);

} // namespace stint
