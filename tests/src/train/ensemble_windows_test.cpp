#include "src/train/ensemble_windows.hpp"

#include "src/train/ensemble_survey.hpp"
#include "src/train/input.hpp"
#include "tests/src/temporary_folder.hpp"

#include <fstream>
#include <numeric>

namespace stint {
namespace {

constexpr std::int64_t configurations = 1000, volume = 16, training = 950;
const WindowPlan::Data data = {.configurations = training, .bytes = 80, .batch = 8, .seed = 3};

/// Configuration n has sites n + 0, 1/16, ..., 15/16.
void write_ensemble(const std::string& path) {
  EnsembleWriter writer(path, false,
                        {.geometry = Geometry({4, 4}), .theory = Phi4{.mass2 = 1, .field = 0.1}, .provenance = {}},
                        configurations);
  std::vector<float> values(configurations * volume);
  std::iota(values.begin(), values.end(), 0.0F);
  for (float& value : values)
    value /= volume;
  const std::vector<std::int64_t> zeros(configurations);
  writer.append<float>(values, zeros, zeros);
  writer.commit();
}

/// The numbers of the configurations that may be drawn.
std::vector<std::int64_t> numbers(const Choice& choice) {
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < choice.size(); ++i) {
    const auto sites = choice.configurations.subspan(i * volume, volume);
    result.push_back(static_cast<std::int64_t>(sites[0]));
    double sum = 0, squares = 0;
    for (const float phi : sites) {
      sum += phi;
      squares += static_cast<double>(phi) * phi;
    }
    EXPECT_DOUBLE_EQ(choice.field[i], sum);
    EXPECT_NEAR(choice.square[i], squares, 1e-6 * squares);
  }
  return result;
}

class Windows : public ::testing::Test {
protected:
  Windows() { write_ensemble(path); }

  const test::TemporaryFolder folder;
  const std::string path = folder.file("e.h5");
  std::mutex files;
};

TEST_F(Windows, ShowWhatThePlanSays) {
  const EnsembleReader ensemble(path);
  WindowPlan plan(data, 20'000);
  EnsembleWindows windows(ensemble, plan, 0, 8, files);
  for (const std::int64_t step : {0, 1, 2, 30, 31, 500, 7}) // forwards, by leaps, and back
    for (std::int64_t group = 0; group < plan.groups(); ++group) {
      const auto found = numbers(windows.choice(step, group));
      ASSERT_EQ(std::ssize(found), plan.blocks() * plan.rows());
      for (std::int64_t block = plan.first(step, group); block < plan.first(step, group) + plan.blocks(); ++block)
        for (std::int64_t row = 0; row < plan.rows(); ++row)
          ASSERT_EQ(found[block % plan.blocks() * plan.rows() + row], (plan.place(group, block) + row) % training);
    }
}

TEST_F(Windows, AreTheSameForEveryRankAndAfterARestart) {
  const EnsembleReader ensemble(path);
  const WindowPlan plan(data, 20'000);
  EnsembleWindows whole(ensemble, plan, 0, 8, files), first(ensemble, plan, 0, 4, files),
      second(ensemble, plan, 4, 8, files);
  for (std::int64_t step = 0; step < 200; ++step)
    for (std::int64_t sample = 0; sample < 8; ++sample) {
      const auto group = plan.group_of(sample);
      ASSERT_EQ(numbers(whole.choice(step, group)), numbers((sample < 4 ? first : second).choice(step, group)));
    }
  EnsembleWindows resumed(ensemble, plan, 0, 8, files);
  for (std::int64_t step = 150; step < 200; ++step)
    for (std::int64_t group = 0; group < plan.groups(); ++group)
      ASSERT_EQ(numbers(resumed.choice(step, group)), numbers(whole.choice(step, group)));
}

TEST_F(Windows, WhatCannotBeReadIsAnError) {
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(file)), {});
    const float number = 400.5;
    const auto place = content.find(std::string(reinterpret_cast<const char*>(&number), sizeof number));
    ASSERT_NE(place, std::string::npos);
    file.seekp(static_cast<std::streamoff>(place));
    file.put('\x01');
  }
  const EnsembleReader ensemble(path);
  const WindowPlan plan(data, 20'000);
  EnsembleWindows windows(ensemble, plan, 0, 8, files);
  EXPECT_TRUE(test::is_one_line(test::message_of([&] {
                                  for (std::int64_t step = 0; step < 1000; ++step)
                                    windows.choice(step, 0);
                                }),
                                path, "damaged"));
}

} // namespace
} // namespace stint
