#include "src/hmc/parts.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t block_bytes = 32 << 20; // of configurations in memory while parts are put together

constexpr std::int64_t numbers_of_sums = sizeof(ChainSums) / sizeof(double);
static_assert(sizeof(ChainSums) % sizeof(double) == 0 && std::is_trivially_copyable_v<ChainSums>);

/// Calls visit(attribute, member) for every member of a position.
template<class Position, class Visit> void for_each_member(Position& position, Visit visit) {
  visit("parts", position.parts);
  visit("done", position.done);
  visit("first_trajectory", position.first_trajectory);
  visit("force_evaluations", position.force_evaluations);
  visit("seconds", position.seconds);
  visit("step_size", position.step_size);
  visit("steps", position.steps);
  visit("tuner_trajectories", position.tuner.trajectories);
  visit("tuner_mean_shortfall", position.tuner.mean_shortfall);
  visit("tuner_log_step_size", position.tuner.log_step_size);
  visit("tuner_log_averaged_step_size", position.tuner.log_averaged_step_size);
  visit("tuner_log_centre", position.tuner.log_centre);
  visit("tuner_target_acceptance", position.tuner.target_acceptance);
}

} // namespace

template<class Real>
void write_state(const PartsFolder& folder, const EnsembleHeader& header, const RunState<Real>& state) {
  AtomicFile target(folder.state(), true);
  auto file = hdf5::File::create(target.temporary(), folder.state());
  write_unfinished_header(file, state_format, true, header);
  for_each_member(state.position, [&file](const char* name, const auto& value) { file.set_attribute(name, value); });
  std::vector<double> sums(state.sums.size() * numbers_of_sums);
  std::memcpy(sums.data(), state.sums.data(), sums.size() * sizeof(double));
  const auto chains = std::ssize(state.sums);
  file.write<double>("/sums", {chains, numbers_of_sums}, sums);
  file.write<Real>("/configurations", header.shape(chains), state.configurations);
  file.close();
  target.commit();
}

template<class Real>
RunState<Real> read_state(const PartsFolder& folder, const EnsembleHeader& header, std::int64_t chains) {
  const auto file = folder.open_state();
  const auto sums = file.dataset("/sums"), configurations = file.dataset("/configurations");
  if (sums.dims() != std::vector{chains, numbers_of_sums} || configurations.dims() != header.shape(chains) ||
      configurations.type() != hdf5::type_of<Real>)
    throw std::runtime_error(folder.state() + ": its datasets have other shapes or types than its options say");
  RunState<Real> state;
  for_each_member(state.position, [&file]<class T>(const char* name, T& value) { value = file.attribute<T>(name); });
  const auto numbers = sums.read<double>();
  state.sums.resize(chains);
  std::memcpy(static_cast<void*>(state.sums.data()), numbers.data(), numbers.size() * sizeof(double));
  state.configurations = configurations.read<Real>();
  folder.check_parts(state.position.parts);
  return state;
}

template<class Real>
PartWriter<Real>::PartWriter(const std::string& path, const EnsembleHeader& header, std::int64_t chains)
    : target_(path, true), file_(hdf5::File::create(target_.temporary(), path)),
      configurations_(growing_dataset(file_, "/configurations", hdf5::type_of<Real>, header.shape(0))),
      trajectory_(growing_dataset(file_, "/trajectory", hdf5::Type::int64, {0})),
      history_(file_, std::nullopt, chains) {
  write_unfinished_header(file_, part_format, false, header);
}

template<class Real> void PartWriter<Real>::save(std::int64_t trajectory, std::span<const Real> configurations) {
  configurations_.append_rows(configurations);
  trajectory_.append_rows<std::int64_t>(std::vector{trajectory});
}

template<class Real> void PartWriter<Real>::record(const HistoryRows& rows) { history_.append(rows); }

template<class Real> void PartWriter<Real>::commit() {
  file_.set_attribute("complete", std::int64_t{1});
  file_.close();
  target_.commit();
}

namespace {

template<class Real>
void copy_configurations(const hdf5::File& part, std::int64_t chains, std::int64_t volume, EnsembleWriter& ensemble) {
  const auto configurations = part.dataset("/configurations");
  const auto trajectories = part.dataset("/trajectory").read<std::int64_t>();
  const std::int64_t rows = configurations.rows();
  if (rows != std::ssize(trajectories) * chains || configurations.row_size() != volume)
    throw std::runtime_error(part.path() + ": the shapes of its datasets do not fit each other; the file is damaged");
  const std::int64_t block =
      std::max<std::int64_t>(1, block_bytes / (volume * static_cast<std::int64_t>(sizeof(Real))));
  std::vector<Real> values;
  std::vector<std::int64_t> chain, trajectory;
  for (std::int64_t first = 0; first < rows; first += block) {
    const std::int64_t n = std::min(block, rows - first);
    values.resize(n * volume);
    configurations.read_rows<Real>(first, values);
    chain.clear();
    trajectory.clear();
    for (std::int64_t row = first; row < first + n; ++row) {
      chain.push_back(row % chains);
      trajectory.push_back(trajectories[row / chains]);
    }
    ensemble.append<Real>(values, chain, trajectory);
  }
}

} // namespace

template<class Real>
HistorySample assemble(const PartsFolder& folder, std::int64_t parts, const HmcRunSettings& settings,
                       EnsembleWriter& ensemble) {
  const std::int64_t chains = settings.chains, volume = Geometry::parse(settings.lattice).volume();
  HistorySample sample(settings.history_rows(), chains);
  std::optional<HistoryWriter> history;
  if (settings.history_rows() > 0)
    history.emplace(ensemble.file(), settings.history_rows(), chains);
  for (std::int64_t number = 1; number <= parts; ++number) {
    const auto part = open_unfinished(folder.part(number), part_format);
    copy_configurations<Real>(part, chains, volume, ensemble);
    const HistoryReader recorded(part);
    const std::int64_t block = history_block(chains);
    for (std::int64_t first = 0; first < recorded.rows(); first += block) {
      const auto rows = recorded.read(first, std::min(block, recorded.rows() - first));
      history->append(rows);
      sample.add(rows);
    }
  }
  return sample;
}

#define STINT_INSTANTIATE(Real)                                                                                        \
  template void write_state(const PartsFolder&, const EnsembleHeader&, const RunState<Real>&);                         \
  template RunState<Real> read_state(const PartsFolder&, const EnsembleHeader&, std::int64_t);                         \
  template class PartWriter<Real>;                                                                                     \
  template HistorySample assemble<Real>(const PartsFolder&, std::int64_t, const HmcRunSettings&, EnsembleWriter&);
STINT_INSTANTIATE(float)
STINT_INSTANTIATE(double)
#undef STINT_INSTANTIATE

} // namespace stint
