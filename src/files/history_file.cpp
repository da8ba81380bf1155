#include "src/files/history_file.hpp"

#include <algorithm>

namespace stint {
namespace {

constexpr std::int64_t block_numbers = 64 << 10; // of one column, in one chunk

constexpr const char* trajectory_name = "/history/trajectory";
constexpr const char* action_name = "/history/action";
constexpr const char* magnetisation_name = "/history/magnetisation";
constexpr const char* delta_h_name = "/history/delta_h";
constexpr const char* virial_name = "/history/virial";
constexpr const char* accepted_name = "/history/accepted";

hdf5::Dataset create(hdf5::File& file, const char* name, hdf5::Type type, std::optional<std::int64_t> rows,
                     std::int64_t chains) {
  const std::int64_t block = history_block(chains);
  return file.create_dataset(
      name, type, {rows.value_or(0), chains},
      {.rows_per_chunk = rows ? std::min(block, *rows) : block, .checksum = true, .growing = !rows});
}

hdf5::Dataset create_numbers(hdf5::File& file, std::optional<std::int64_t> rows) {
  if (rows)
    return file.create_dataset(trajectory_name, hdf5::Type::int64, {*rows});
  return file.create_dataset(trajectory_name, hdf5::Type::int64, {0},
                             {.rows_per_chunk = block_numbers, .checksum = true, .growing = true});
}

template<class T, class Member> std::vector<T> column(const std::vector<TrajectoryInfo>& infos, Member member) {
  std::vector<T> values(infos.size());
  std::transform(infos.begin(), infos.end(), values.begin(), [member](auto& info) { return T{info.*member}; });
  return values;
}

template<class T, class Member>
void read_column(const hdf5::Dataset& dataset, std::int64_t first, std::vector<TrajectoryInfo>& infos, Member member) {
  std::vector<T> values(infos.size());
  dataset.read_rows<T>(first, values);
  for (std::size_t i = 0; i < infos.size(); ++i)
    infos[i].*member = values[i];
}

} // namespace

std::int64_t history_block(std::int64_t chains) { return std::max<std::int64_t>(1, block_numbers / chains); }

HistoryWriter::HistoryWriter(hdf5::File& file, std::optional<std::int64_t> rows, std::int64_t chains)
    : growing_(!rows), trajectory_(create_numbers(file, rows)),
      action_(create(file, action_name, hdf5::Type::float32, rows, chains)),
      magnetisation_(create(file, magnetisation_name, hdf5::Type::float32, rows, chains)),
      delta_h_(create(file, delta_h_name, hdf5::Type::float32, rows, chains)),
      virial_(create(file, virial_name, hdf5::Type::float32, rows, chains)),
      accepted_(create(file, accepted_name, hdf5::Type::uint8, rows, chains)) {}

template<class T> void HistoryWriter::write(hdf5::Dataset& dataset, const std::vector<T>& values) {
  if (growing_)
    dataset.append_rows<T>(values);
  else
    dataset.write_rows<T>(written_, values);
}

void HistoryWriter::append(const HistoryRows& rows) {
  write(trajectory_, rows.trajectories);
  write(action_, column<float>(rows.infos, &TrajectoryInfo::action));
  write(magnetisation_, column<float>(rows.infos, &TrajectoryInfo::magnetisation));
  write(delta_h_, column<float>(rows.infos, &TrajectoryInfo::delta_h));
  write(virial_, column<float>(rows.infos, &TrajectoryInfo::virial));
  write(accepted_, column<std::uint8_t>(rows.infos, &TrajectoryInfo::accepted));
  written_ += std::ssize(rows.trajectories);
}

HistoryReader::HistoryReader(const hdf5::File& file)
    : trajectory_(file.dataset(trajectory_name)), action_(file.dataset(action_name)),
      magnetisation_(file.dataset(magnetisation_name)), delta_h_(file.dataset(delta_h_name)),
      virial_(file.dataset(virial_name)), accepted_(file.dataset(accepted_name)) {}

HistoryRows HistoryReader::read(std::int64_t first, std::int64_t n) const {
  HistoryRows rows{.trajectories = std::vector<std::int64_t>(n),
                   .infos = std::vector<TrajectoryInfo>(n * action_.row_size())};
  trajectory_.read_rows<std::int64_t>(first, rows.trajectories);
  read_column<float>(action_, first, rows.infos, &TrajectoryInfo::action);
  read_column<float>(magnetisation_, first, rows.infos, &TrajectoryInfo::magnetisation);
  read_column<float>(delta_h_, first, rows.infos, &TrajectoryInfo::delta_h);
  read_column<float>(virial_, first, rows.infos, &TrajectoryInfo::virial);
  read_column<std::uint8_t>(accepted_, first, rows.infos, &TrajectoryInfo::accepted);
  return rows;
}

} // namespace stint
