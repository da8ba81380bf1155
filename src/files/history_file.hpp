#pragma once
// The histories of an HMC run in its ensemble file, or in a part of it: /history/<name> (T, chains), one row a recorded
// trajectory.

#include "mcmc/hmc.hpp"
#include "src/files/hdf5.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace stint {

/// Rows of the history: the numbers of T trajectories, and what they did, (T, chains) row-major.
struct HistoryRows {
  std::vector<std::int64_t> trajectories;
  std::vector<TrajectoryInfo> infos;

  bool empty() const { return trajectories.empty(); }
};

/// Rows that make about one chunk.
std::int64_t history_block(std::int64_t chains);

/// Writes action, magnetisation, delta_h, virial (float32) and accepted (uint8) of the recorded trajectories.
/// /history/trajectory (T) int64 has the number of each trajectory.
class HistoryWriter {
public:
  /// `trajectories` rows will be appended, or any number of them without it. The file must outlive this object.
  HistoryWriter(hdf5::File& file, std::optional<std::int64_t> trajectories, std::int64_t chains);

  void append(const HistoryRows& rows);

private:
  template<class T> void write(hdf5::Dataset& dataset, const std::vector<T>& values);

  bool growing_;
  std::int64_t written_ = 0;
  hdf5::Dataset trajectory_, action_, magnetisation_, delta_h_, virial_, accepted_;
};

/// Reads what HistoryWriter wrote. The file must outlive this object.
class HistoryReader {
public:
  explicit HistoryReader(const hdf5::File& file);

  std::int64_t rows() const { return trajectory_.rows(); }
  HistoryRows read(std::int64_t first, std::int64_t rows) const;

private:
  hdf5::Dataset trajectory_, action_, magnetisation_, delta_h_, virial_, accepted_;
};

} // namespace stint
