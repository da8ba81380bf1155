#include "src/train/ensemble_windows.hpp"

#include <algorithm>

namespace stint {

EnsembleWindows::EnsembleWindows(const EnsembleReader& ensemble, const WindowPlan& plan, std::int64_t first_sample,
                                 std::int64_t last_sample, std::mutex& files)
    : ensemble_(ensemble), plan_(plan), files_(files), volume_(ensemble.geometry().volume()),
      first_lane_(plan.lane_of(first_sample)), last_lane_(plan.lane_of(last_sample - 1)) {
  const auto size = static_cast<std::size_t>(plan.blocks() * plan.rows());
  for (std::int64_t lane = first_lane_; lane <= last_lane_; ++lane)
    windows_[lane] = {std::vector<float>(size * volume_), {std::vector<double>(size), std::vector<double>(size)}};
}

Choice EnsembleWindows::choice(std::int64_t step, std::int64_t lane) {
  if (!reader_ || step < step_) {
    reader_.reset();
    step_ = step;
    reader_.emplace(static_cast<std::size_t>(last_lane_ - first_lane_ + 1),
                    [blocks = std::make_shared<Blocks>(*this, step)] { return blocks->next(); });
    advance(true);
  }
  while (step_ < step) {
    ++step_;
    advance(false);
  }
  const auto& window = windows_.at(lane);
  return {window.configurations, window.sums.field, window.sums.square};
}

/// Takes the blocks that arrive in the present step.
void EnsembleWindows::advance(bool none_before) {
  for (auto& [lane, window] : windows_) {
    const auto [begin, end] = plan_.arriving(step_, lane, none_before);
    for (std::int64_t number = begin; number < end; ++number) {
      const Piece block = reader_->take();
      const std::int64_t place = number % plan_.blocks() * plan_.rows();
      std::ranges::copy(block.configurations, window.configurations.begin() + place * volume_);
      std::ranges::copy(block.sums.field, window.sums.field.begin() + place);
      std::ranges::copy(block.sums.square, window.sums.square.begin() + place);
    }
  }
}

EnsembleWindows::Blocks::Blocks(const EnsembleWindows& windows, std::int64_t step)
    : windows_(windows), plan_(windows.plan_), step_(step), lane_(windows.first_lane_),
      range_(plan_.arriving(step, lane_, true)) {}

EnsembleWindows::Piece EnsembleWindows::Blocks::next() {
  while (range_.begin == range_.end) {
    if (++lane_ > windows_.last_lane_) {
      lane_ = windows_.first_lane_;
      ++step_;
      none_before_ = false;
    }
    range_ = plan_.arriving(step_, lane_, none_before_);
  }
  return read(plan_.place(lane_, range_.begin++));
}

EnsembleWindows::Piece EnsembleWindows::Blocks::read(std::int64_t first) const {
  const std::int64_t rows = plan_.rows(), volume = windows_.volume_;
  const std::int64_t before_end = std::min(rows, plan_.configurations() - first);
  Piece block{std::vector<float>(rows * volume), {}};
  const std::span<float> all(block.configurations);
  {
    const std::lock_guard lock(windows_.files_);
    windows_.ensemble_.read<float>(first, all.first(before_end * volume));
    if (before_end < rows)
      windows_.ensemble_.read<float>(0, all.subspan(before_end * volume));
  }
  block.sums.append(all, volume);
  return block;
}

} // namespace stint
