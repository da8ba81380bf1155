#pragma once
// The parts and the state of an unfinished HMC run (parts_folder.hpp):
//
//   part-000001.h5, ...   "stint-hmc-part": what was saved and recorded between two checkpoints
//     /configurations       (n, L1, ..., Ld), all chains of one save after another
//     /trajectory           (saves) int64
//     /history/...          as in the ensemble
//   state.h5              "stint-hmc-state": where the run is, and how many parts belong to it
//     /configurations       (chains, L1, ..., Ld), /sums (chains, K) float64, attributes

#include "mcmc/tune.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/files/parts_folder.hpp"
#include "src/hmc/report.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint {

inline constexpr const char* part_format = "stint-hmc-part";   ///< attribute "format"
inline constexpr const char* state_format = "stint-hmc-state"; ///< the same

/// Where a run is: all that its chains have in common. Plain numbers, which MPI can send.
struct RunPosition {
  std::int64_t parts = 0;            ///< finished ones
  std::int64_t done = 0;             ///< updates of each chain, thermalisation included
  std::int64_t first_trajectory = 0; ///< number of updates before this run: those of --start FILE
  std::int64_t force_evaluations = 0;
  double seconds = 0; ///< spent so far
  double step_size = 0;
  std::int64_t steps = 0;
  StepSizeTuner::State tuner;
};

/// A checkpoint: the position and, in the order of chains, sums and configurations.
template<class Real> struct RunState {
  RunPosition position;
  std::vector<ChainSums> sums;      ///< (chains)
  std::vector<Real> configurations; ///< (chains, V)
};

template<class Real>
void write_state(const PartsFolder& folder, const EnsembleHeader& header, const RunState<Real>& state);
template<class Real>
RunState<Real> read_state(const PartsFolder& folder, const EnsembleHeader& header, std::int64_t chains);

/// Writes one part as sampling goes on.
template<class Real> class PartWriter {
public:
  PartWriter(const std::string& path, const EnsembleHeader& header, std::int64_t chains);

  void save(std::int64_t trajectory, std::span<const Real> configurations);
  void record(const HistoryRows& rows);
  void commit();

private:
  AtomicFile target_;
  hdf5::File file_;
  hdf5::Dataset configurations_, trajectory_;
  HistoryWriter history_;
};

/// Puts the parts together into the ensemble, in blocks, with its chains and trajectories; returns the sample of the
/// history that autocorrelation times are estimated from. The ensemble is not committed.
template<class Real>
HistorySample assemble(const PartsFolder& folder, std::int64_t parts, const HmcRunSettings& settings,
                       EnsembleWriter& ensemble);

} // namespace stint
