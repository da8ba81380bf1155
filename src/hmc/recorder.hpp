#pragma once
// What rank 0 does with the configurations and histories of all chains: a thread of its own writes them.

#include "src/files/writer_thread.hpp"
#include "src/hmc/parts.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace stint {

/// Writes parts and states to the folder. While it lives, nobody else may use HDF5; errors of writing are thrown by
/// whichever call comes next. In memory are at most three sets of configurations of all chains: one is being written
/// and two wait.
template<class Real> class Recorder {
public:
  /// Goes on after the `parts` parts that there are.
  Recorder(const PartsFolder& folder, const EnsembleHeader& header, std::int64_t chains, std::int64_t parts);

  void record(std::int64_t trajectory, std::span<const TrajectoryInfo> infos);
  void save(std::int64_t trajectory, std::vector<Real> configurations);

  /// Finishes the part and writes the state that counts it; fills in state.position.parts.
  void checkpoint(RunState<Real> state);

  void check() { thread_.check(); } ///< throws if writing has failed
  void wait() { thread_.wait(); }   ///< until all is written

  std::int64_t parts() const { return parts_; }

private:
  void flush_rows();
  PartWriter<Real>& part(std::int64_t number); // on the writing thread

  PartsFolder folder_;
  EnsembleHeader header_;
  std::int64_t chains_, parts_;
  bool part_open_ = false; // the part after parts_ has something in it
  HistoryRows rows_;
  std::optional<PartWriter<Real>> part_; // of the writing thread
  WriterThread thread_;                  // last: it ends before the rest is destroyed
};

} // namespace stint
