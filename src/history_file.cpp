#include "src/history_file.hpp"

#include <algorithm>

namespace stint {
namespace {

constexpr std::int64_t block_numbers = 64 << 10; // of one column in memory, and in one chunk

hdf5::Dataset column(hdf5::File& file, const char* name, hdf5::Type type, std::int64_t rows, std::int64_t chains,
                     std::int64_t block) {
  return file.create_dataset(name, type, {rows, chains}, {.rows_per_chunk = block, .checksum = true});
}

template<class T> void flush(hdf5::Dataset& dataset, std::int64_t row, std::vector<T>& values) {
  dataset.write_rows<T>(row, values);
  values.clear();
}

} // namespace

HistoryWriter::HistoryWriter(hdf5::File& file, std::int64_t trajectories, std::int64_t chains)
    : block_(std::clamp<std::int64_t>(block_numbers / chains, 1, trajectories)),
      trajectory_(file.create_dataset("/history/trajectory", hdf5::Type::int64, {trajectories})),
      action_(column(file, "/history/action", hdf5::Type::float32, trajectories, chains, block_)),
      magnetisation_(column(file, "/history/magnetisation", hdf5::Type::float32, trajectories, chains, block_)),
      delta_h_(column(file, "/history/delta_h", hdf5::Type::float32, trajectories, chains, block_)),
      accepted_(column(file, "/history/accepted", hdf5::Type::uint8, trajectories, chains, block_)) {}

void HistoryWriter::append(std::int64_t trajectory, std::span<const TrajectoryInfo> chains) {
  numbers_.push_back(trajectory);
  for (const auto& info : chains) {
    actions_.push_back(info.action);
    magnetisations_.push_back(info.magnetisation);
    delta_hs_.push_back(info.delta_h);
    accepteds_.push_back(info.accepted ? 1 : 0);
  }
  if (static_cast<std::int64_t>(numbers_.size()) == block_)
    finish();
}

void HistoryWriter::finish() {
  const auto rows = static_cast<std::int64_t>(numbers_.size());
  flush(trajectory_, written_, numbers_);
  flush(action_, written_, actions_);
  flush(magnetisation_, written_, magnetisations_);
  flush(delta_h_, written_, delta_hs_);
  flush(accepted_, written_, accepteds_);
  written_ += rows;
}

} // namespace stint
