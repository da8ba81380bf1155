#include "src/train/window_plan.hpp"

#include "lattice/random.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

constexpr std::int64_t most_groups = 16, block_bytes = 1 << 20, fewest_blocks = 8;

std::int64_t below(double uniform, std::int64_t count) {
  return std::min(static_cast<std::int64_t>(uniform * static_cast<double>(count)), count - 1);
}

} // namespace

WindowPlan::WindowPlan(const Data& data, std::int64_t memory)
    : data_(data), groups_(std::min(data.batch, most_groups)) {
  while (data.batch % groups_ != 0)
    --groups_;
  const std::int64_t room = memory / data.bytes / groups_; // configurations of a group
  if (room < 2)
    throw std::invalid_argument("a memory of " + std::to_string(memory) + " bytes has no room for " +
                                std::to_string(2 * groups_) + " configurations of " + std::to_string(data.bytes) +
                                " bytes");
  rows_ = std::clamp<std::int64_t>(room / (fewest_blocks + 1), 1, std::max<std::int64_t>(1, block_bytes / data.bytes));
  blocks_ = room / rows_ - 1;
  if (groups_ * blocks_ * rows_ >= data.configurations)
    throw std::invalid_argument("all " + std::to_string(data.configurations) + " configurations fit into memory");
}

std::int64_t WindowPlan::first(std::int64_t step, std::int64_t group) const {
  const std::int64_t drawn = step * (data_.batch / groups_);
  return (drawn + group * rows_ / groups_) / rows_; // groups take turns in renewing their windows
}

WindowPlan::Range WindowPlan::arriving(std::int64_t step, std::int64_t group, bool none_before) const {
  const std::int64_t seen = first(step, group);
  return {none_before ? seen : std::max(seen, first(step - 1, group) + blocks_), seen + blocks_};
}

std::int64_t WindowPlan::place(std::int64_t group, std::int64_t block) {
  const std::int64_t number = block * groups_ + group, in_epoch = data_.configurations / rows_;
  if (const std::int64_t epoch = number / in_epoch; epoch != epoch_) {
    epoch_ = epoch;
    const Stream stream{data_.seed, Purpose::file_order, static_cast<std::uint32_t>(epoch)};
    offset_ = below(stream.uniform(0), data_.configurations);
    order_.resize(in_epoch);
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    for (std::int64_t i = in_epoch - 1; i > 0; --i)
      std::swap(order_[i], order_[below(stream.uniform(static_cast<std::uint32_t>(i)), i + 1)]);
  }
  return (offset_ + order_[number % in_epoch] * rows_) % data_.configurations;
}

} // namespace stint
