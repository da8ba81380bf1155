#pragma once
// The histories of an HMC run in its ensemble file: /history/<name> (T, chains), one row a recorded trajectory.

#include "mcmc/hmc.hpp"
#include "src/hdf5.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace stint {

/// Writes action, magnetisation, delta_h (float32) and accepted (uint8) of the recorded trajectories, in blocks of
/// whole chunks. /history/trajectory (T) int64 has the number of each trajectory, counted from the start.
class HistoryWriter {
public:
  /// `trajectories` rows will be appended. The file must outlive this object.
  HistoryWriter(hdf5::File& file, std::int64_t trajectories, std::int64_t chains);

  /// The next row: what trajectory number `trajectory` did in every chain.
  void append(std::int64_t trajectory, std::span<const TrajectoryInfo> chains);

  /// Writes what is still in memory; to be called after the last row.
  void finish();

private:
  std::int64_t block_, written_ = 0;
  hdf5::Dataset trajectory_, action_, magnetisation_, delta_h_, accepted_;
  std::vector<std::int64_t> numbers_; // of the rows in memory
  std::vector<float> actions_, magnetisations_, delta_hs_;
  std::vector<std::uint8_t> accepteds_;
};

} // namespace stint
