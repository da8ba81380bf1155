#include "src/train/window_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace stint {
namespace {

const WindowPlan::Data data = {.configurations = 5003, .bytes = 100, .batch = 24, .seed = 7};

/// Blocks that a group sees, by their places in its window.
std::map<std::int64_t, std::int64_t> seen(const WindowPlan& plan, std::int64_t step, std::int64_t group) {
  std::map<std::int64_t, std::int64_t> blocks;
  for (std::int64_t block = plan.first(step, group); std::ssize(blocks) < plan.blocks(); ++block)
    blocks[block % plan.blocks()] = block;
  return blocks;
}

TEST(WindowPlan, StaysWithinItsMemory) {
  for (const std::int64_t batch : {1, 7, 17, 24, 64, 1000})
    for (const std::int64_t memory : {40'000, 90'000, 300'000}) {
      const WindowPlan plan({.configurations = 5003, .bytes = 100, .batch = batch, .seed = 1}, memory);
      EXPECT_EQ(batch % plan.groups(), 0);
      EXPECT_LE(plan.groups() * plan.rows() * (plan.blocks() + 1) * 100, memory) << batch;
      EXPECT_GT(plan.groups() * plan.rows() * (plan.blocks() + 1) * 100, memory * 8 / 10) << batch;
    }
  const WindowPlan plan({.configurations = 5'000'000, .bytes = 4112, .batch = 64, .seed = 1}, std::int64_t{4} << 30);
  EXPECT_EQ(plan.rows(), 255); // blocks of 1 MiB
  EXPECT_GT(plan.blocks(), 200);
  EXPECT_THROW(WindowPlan(data, 2399), std::invalid_argument); // 12 groups of 2 configurations
  EXPECT_NO_THROW(WindowPlan(data, 2400));
  EXPECT_THROW(WindowPlan(data, 1 << 20), std::invalid_argument);
}

TEST(WindowPlan, WindowsDoNotDependOnWhereTheyBegan) {
  for (const std::int64_t memory : {2400, 20'000, 100'000}) { // the first moves on by whole windows
    const WindowPlan plan(data, memory);
    for (std::int64_t group = 0; group < plan.groups(); ++group) {
      std::map<std::int64_t, std::int64_t> window;
      for (std::int64_t step = 0; step < 300; ++step) {
        const auto [begin, end] = plan.arriving(step, group, step == 0);
        for (std::int64_t block = begin; block < end; ++block)
          window[block % plan.blocks()] = block;
        ASSERT_EQ(window, seen(plan, step, group)) << step;
      }
    }
  }
}

TEST(WindowPlan, EveryConfigurationIsDrawnAboutEquallyOften) {
  WindowPlan plan(data, 100'000);
  constexpr std::int64_t epochs = 40;
  const std::int64_t steps = epochs * data.configurations / data.batch;
  std::vector<double> draws(data.configurations); // expected ones
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> steps_seen;
  for (std::int64_t step = 0; step < steps; ++step)
    for (std::int64_t group = 0; group < plan.groups(); ++group)
      for (const auto& [place, block] : seen(plan, step, group))
        ++steps_seen[{block, group}];
  const double each =
      static_cast<double>(data.batch) / static_cast<double>(plan.groups() * plan.blocks() * plan.rows());
  for (const auto& [block_and_group, times] : steps_seen)
    for (std::int64_t row = 0; row < plan.rows(); ++row)
      draws[(plan.place(block_and_group.second, block_and_group.first) + row) % data.configurations] +=
          static_cast<double>(times) * each;
  EXPECT_LT(std::ranges::max(draws), epochs + 1.5);
  EXPECT_GT(std::ranges::min(draws), epochs - 3); // the first and the last window are not drawn from to the end
}

TEST(WindowPlan, AnEpochGoesThroughTheFileOnceInAnotherOrderEachTime) {
  WindowPlan plan(data, 100'000);
  const std::int64_t in_epoch = data.configurations / plan.rows();
  std::vector<std::vector<std::int64_t>> orders;
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    auto& order = orders.emplace_back();
    std::set<std::int64_t> configurations;
    for (std::int64_t n = epoch * in_epoch; n < (epoch + 1) * in_epoch; ++n) {
      order.push_back(plan.place(n % plan.groups(), n / plan.groups()));
      for (std::int64_t row = 0; row < plan.rows(); ++row)
        configurations.insert((order.back() + row) % data.configurations);
    }
    EXPECT_EQ(std::ssize(configurations), in_epoch * plan.rows());
  }
  EXPECT_NE(orders[0], orders[1]);
  EXPECT_NE(orders[1], orders[2]);
  WindowPlan again(data, 100'000);
  EXPECT_EQ(again.place(0, 0), orders[0][0]);
}

} // namespace
} // namespace stint
