#include "src/hmc/recorder.hpp"

#include <utility>

namespace stint {
namespace {

constexpr std::size_t waiting_tasks = 2;

} // namespace

template<class Real>
Recorder<Real>::Recorder(const PartsFolder& folder, const EnsembleHeader& header, std::int64_t chains,
                         std::int64_t parts)
    : folder_(folder), header_(header), chains_(chains), parts_(parts), thread_(waiting_tasks) {}

template<class Real> PartWriter<Real>& Recorder<Real>::part(std::int64_t number) {
  if (!part_)
    part_.emplace(folder_.part(number), header_, chains_);
  return *part_;
}

template<class Real> void Recorder<Real>::record(std::int64_t trajectory, std::span<const TrajectoryInfo> infos) {
  rows_.trajectories.push_back(trajectory);
  rows_.infos.insert(rows_.infos.end(), infos.begin(), infos.end());
  if (std::ssize(rows_.trajectories) == history_block(chains_))
    flush_rows();
}

template<class Real> void Recorder<Real>::flush_rows() {
  if (rows_.empty())
    return;
  part_open_ = true;
  thread_.push([this, number = parts_ + 1, rows = std::exchange(rows_, {})] { part(number).record(rows); });
}

template<class Real> void Recorder<Real>::save(std::int64_t trajectory, std::vector<Real> configurations) {
  part_open_ = true;
  thread_.push([this, number = parts_ + 1, trajectory, kept = std::move(configurations)] {
    part(number).save(trajectory, kept);
  });
}

template<class Real> void Recorder<Real>::checkpoint(RunState<Real> state) {
  flush_rows();
  if (part_open_) {
    thread_.push([this] {
      part_->commit();
      part_.reset();
    });
    ++parts_;
    part_open_ = false;
  }
  state.position.parts = parts_;
  thread_.push([this, kept = std::move(state)] { write_state(folder_, header_, kept); });
}

template class Recorder<float>;
template class Recorder<double>;

} // namespace stint
