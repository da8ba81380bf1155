#include "src/train/ensemble_windows.hpp"

#include <algorithm>

namespace stint {

EnsembleWindows::EnsembleWindows(const EnsembleReader& ensemble, const WindowPlan& plan, std::int64_t first_sample,
                                 std::int64_t last_sample, std::mutex& files)
    : ensemble_(ensemble), plan_(plan), files_(files), numbers_(ensemble.values_per_configuration()),
      first_group_(plan.group_of(first_sample)), last_group_(plan.group_of(last_sample - 1)) {
  const auto size = static_cast<std::size_t>(plan.blocks() * plan.rows());
  for (std::int64_t group = first_group_; group <= last_group_; ++group)
    windows_[group] = {std::vector<float>(size * numbers_), {std::vector<double>(size), std::vector<double>(size)}};
}

Choice EnsembleWindows::choice(std::int64_t step, std::int64_t group) {
  const std::lock_guard one_at_a_time(choosing_);
  if (!reader_ || step < step_) {
    reader_.reset();
    step_ = step;
    reader_.emplace(static_cast<std::size_t>(last_group_ - first_group_ + 1),
                    [blocks = std::make_shared<Blocks>(*this, step)] { return blocks->next(); });
    advance(true);
  }
  while (step_ < step) {
    ++step_;
    advance(false);
  }
  const auto& window = windows_.at(group);
  return {window.configurations, window.sums.field, window.sums.square};
}

/// Takes the blocks that arrive in the present step.
void EnsembleWindows::advance(bool none_before) {
  for (auto& [group, window] : windows_) {
    const auto [begin, end] = plan_.arriving(step_, group, none_before);
    for (std::int64_t number = begin; number < end; ++number) {
      const Piece block = reader_->take();
      const std::int64_t place = number % plan_.blocks() * plan_.rows();
      std::ranges::copy(block.configurations, window.configurations.begin() + place * numbers_);
      std::ranges::copy(block.sums.field, window.sums.field.begin() + place);
      std::ranges::copy(block.sums.square, window.sums.square.begin() + place);
    }
  }
}

EnsembleWindows::Blocks::Blocks(const EnsembleWindows& windows, std::int64_t step)
    : windows_(windows), plan_(windows.plan_), step_(step), group_(windows.first_group_),
      range_(plan_.arriving(step, group_, true)) {}

EnsembleWindows::Piece EnsembleWindows::Blocks::next() {
  while (range_.begin == range_.end) {
    if (++group_ > windows_.last_group_) {
      group_ = windows_.first_group_;
      ++step_;
      none_before_ = false;
    }
    range_ = plan_.arriving(step_, group_, none_before_);
  }
  return read(plan_.place(group_, range_.begin++));
}

EnsembleWindows::Piece EnsembleWindows::Blocks::read(std::int64_t first) const {
  const std::int64_t rows = plan_.rows(), numbers = windows_.numbers_;
  const std::int64_t before_end = std::min(rows, plan_.configurations() - first);
  Piece block{std::vector<float>(rows * numbers), {}};
  const std::span<float> all(block.configurations);
  {
    const std::lock_guard lock(windows_.files_);
    windows_.ensemble_.read<float>(first, all.first(before_end * numbers));
    if (before_end < rows)
      windows_.ensemble_.read<float>(0, all.subspan(before_end * numbers));
  }
  block.sums.append(all, numbers);
  return block;
}

} // namespace stint
