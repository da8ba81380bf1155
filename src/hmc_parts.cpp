#include "src/hmc_parts.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace stint {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t format_version = 1;
constexpr std::int64_t block_bytes = 32 << 20; // of configurations in memory while parts are put together

constexpr std::int64_t numbers_of_sums = sizeof(ChainSums) / sizeof(double);
static_assert(sizeof(ChainSums) % sizeof(double) == 0 && std::is_trivially_copyable_v<ChainSums>);

std::vector<std::int64_t> shape(std::int64_t rows, const Geometry& geometry) {
  std::vector<std::int64_t> dims = {rows};
  dims.insert(dims.end(), geometry.extents().begin(), geometry.extents().end());
  return dims;
}

hdf5::Dataset growing_dataset(hdf5::File& file, const char* name, hdf5::Type type, std::vector<std::int64_t> dims) {
  dims[0] = std::int64_t{1} << 40; // more rows than a chunk will have
  auto layout = hdf5::Layout::chunked(type, dims);
  layout.growing = true;
  dims[0] = 0;
  return file.create_dataset(name, type, dims, layout);
}

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

hdf5::File open_as(const std::string& path, const char* format) {
  auto file = hdf5::File::open(path);
  check_format(file, format, format_version, "a file of an unfinished run");
  return file;
}

bool is_ours(const std::string& name) {
  return name.starts_with("part-") || name == "state.h5" || name.find(".part") != std::string::npos;
}

} // namespace

std::string PartsFolder::part(std::int64_t number) const { return fmt::format("{}/part-{:06}.h5", path_, number); }

bool PartsFolder::has_state() const { return fs::exists(state()); }

Provenance PartsFolder::provenance() const { return read_provenance(open_as(state(), state_format)); }

void PartsFolder::remove_after(std::int64_t parts) const {
  const auto last = fs::path(part(parts)).filename(); // names are in the order of numbers
  for (const auto& entry : fs::directory_iterator(path_)) {
    const auto name = entry.path().filename();
    const bool temporary = name.string().find(".part") != std::string::npos;
    if (temporary || (name.string().starts_with("part-") && name > last))
      fs::remove(entry.path());
  }
}

void PartsFolder::clear() const {
  std::error_code ignored;
  fs::remove(state(), ignored); // first: parts without a state are nothing
  for (const auto& entry : fs::directory_iterator(path_, ignored))
    if (is_ours(entry.path().filename()))
      fs::remove(entry.path(), ignored);
}

void PartsFolder::remove() const {
  clear();
  remove_if_empty();
}

void PartsFolder::remove_if_empty() const {
  std::error_code ignored;
  fs::remove(path_, ignored); // refuses folders that have something in them
}

FolderLock::FolderLock(const PartsFolder& folder) {
  constexpr std::chrono::milliseconds patience(5000), pause(100);
  make_folder(folder.path());
  descriptor_ = ::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    if (std::chrono::steady_clock::now() > end) {
      ::close(descriptor_);
      throw std::runtime_error(folder.path() +
                               ": another run is writing to it; let that end, or give another --output");
    }
    std::this_thread::sleep_for(pause);
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

template<class Real>
void write_state(const PartsFolder& folder, const EnsembleHeader& header, const RunState<Real>& state) {
  AtomicFile target(folder.state(), true);
  auto file = hdf5::File::create(target.temporary(), folder.state());
  write_format(file, state_format, format_version, true);
  write_header(file, header);
  for_each_member(state.position, [&file](const char* name, const auto& value) { file.set_attribute(name, value); });
  std::vector<double> sums(state.sums.size() * numbers_of_sums);
  std::memcpy(sums.data(), state.sums.data(), sums.size() * sizeof(double));
  const auto chains = std::ssize(state.sums);
  file.write<double>("/sums", {chains, numbers_of_sums}, sums);
  file.write<Real>("/configurations", shape(chains, header.geometry), state.configurations);
  file.close();
  target.commit();
}

template<class Real>
RunState<Real> read_state(const PartsFolder& folder, const EnsembleHeader& header, std::int64_t chains) {
  const auto file = open_as(folder.state(), state_format);
  const auto sums = file.dataset("/sums"), configurations = file.dataset("/configurations");
  if (sums.dims() != std::vector{chains, numbers_of_sums} || configurations.dims() != shape(chains, header.geometry) ||
      configurations.type() != hdf5::type_of<Real>)
    throw std::runtime_error(folder.state() + ": its datasets have other shapes or types than its options say");
  RunState<Real> state;
  for_each_member(state.position, [&file]<class T>(const char* name, T& value) { value = file.attribute<T>(name); });
  const auto numbers = sums.read<double>();
  state.sums.resize(chains);
  std::memcpy(static_cast<void*>(state.sums.data()), numbers.data(), numbers.size() * sizeof(double));
  state.configurations = configurations.read<Real>();
  for (std::int64_t number = 1; number <= state.position.parts; ++number)
    if (!fs::exists(folder.part(number)))
      throw std::runtime_error(folder.part(number) + ": is missing, but state.h5 beside it counts " +
                               std::to_string(state.position.parts) + " parts; start again with --overwrite");
  return state;
}

template<class Real>
PartWriter<Real>::PartWriter(const std::string& path, const EnsembleHeader& header, std::int64_t chains)
    : target_(path, true), file_(hdf5::File::create(target_.temporary(), path)),
      configurations_(growing_dataset(file_, "/configurations", hdf5::type_of<Real>, shape(0, header.geometry))),
      trajectory_(growing_dataset(file_, "/trajectory", hdf5::Type::int64, {0})),
      history_(file_, std::nullopt, chains) {
  write_format(file_, part_format, format_version, false);
  write_header(file_, header);
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
    const auto part = open_as(folder.part(number), part_format);
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
