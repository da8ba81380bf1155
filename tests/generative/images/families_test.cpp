#include "generative/images/families.hpp"

#include "generative/images/restoration/problem.hpp"
#include "generative/paths/task.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace stint {
namespace {

const Layout layout{.geometry = Geometry({8, 8}), .channels = 1, .boundary = Boundary::open};
constexpr double range = 6;

std::vector<float> draw(const std::string& name, std::uint32_t index) {
  static const FamilyList families = image_families(layout, range);
  std::vector<float> levels(layout.volume());
  std::ranges::find(families, name, &Family::name)->draw(Stream{3, Purpose::training, index, 0}, 8, levels);
  return levels;
}

TEST(ImageFamilies, ProblemsStartWhereTheyAreRestored) {
  for (const auto& row : problem_rows()) {
    const auto problem = make_problem(row.name, {}, layout, 1, 0, 1);
    const auto start = problem.task.path.start().expand(layout.shape(1)).flatten().contiguous();
    const auto levels = draw(row.name, 0), others = draw(row.name, 1);
    if (std::string(row.name) != "random") {
      for (std::size_t x = 0; x < levels.size(); ++x)
        EXPECT_FLOAT_EQ(levels[x], start[static_cast<std::int64_t>(x)].item<float>()) << row.name;
      EXPECT_EQ(levels, others) << row.name;
      continue;
    }
    EXPECT_NE(levels, others); // a mask for every sample
    EXPECT_EQ(std::set<float>(levels.begin(), levels.end()), (std::set<float>{static_cast<float>(0.01 / 1.01), 1.F}));
  }
}

TEST(ImageFamilies, SharesSumToOne) {
  double all = 0;
  std::map<std::string, double> groups;
  for (const auto& family : image_families(layout, range)) {
    all += family.share_of_all;
    groups[family.group] += family.share_of_group;
  }
  EXPECT_NEAR(all, 1, 1e-12);
  for (const auto& [group, share] : groups)
    EXPECT_NEAR(share, 1, 1e-12) << group;
}

TEST(ImageFamilies, KnownPixelsAreAsAtTheStartOfTasksOrOnTheWay) {
  int at_start = 0, exact = 0, noisy = 0;
  constexpr int count = 2000;
  for (std::uint32_t index = 0; index < count; ++index) {
    const auto levels = draw("known", index);
    const std::set<float> values(levels.begin(), levels.end());
    ASSERT_LE(values.size(), 2U);
    const float open = *values.rbegin(), closed = *values.begin();
    EXPECT_GE(closed, 0);
    EXPECT_LE(open, 1);
    if (values.size() == 1)
      continue;                         // all are known, or none
    EXPECT_LE(closed, open / 3 + 1e-6); // sigma <= 1/2
    at_start += open == 1 ? 1 : 0;
    exact += closed == 0 ? 1 : 0;
    noisy += closed > 0 && closed / open >= 0.05 / 1.05 ? 1 : 0;
  }
  EXPECT_NEAR(at_start, 0.4 * count, 0.1 * count);
  EXPECT_NEAR(exact, 0.3 * count, 0.1 * count);
  EXPECT_GT(noisy, 0.15 * count);
}

TEST(ImageFamilies, HalvesOfBothDirectionsAreKnown) {
  std::set<std::vector<bool>> halves;
  for (std::uint32_t index = 0; index < 2000; ++index) {
    const auto levels = draw("known", index);
    std::vector<bool> known;
    for (const float level : levels)
      known.push_back(level == *std::ranges::min_element(levels));
    bool rows = std::ranges::count(known, true) == 32, columns = rows;
    for (int x = 0; x < 64; ++x) {
      rows = rows && known[x] == known[x / 8 * 8];
      columns = columns && known[x] == known[x % 8];
    }
    if ((rows && known[0] == known[24] && known[0] != known[32]) ||
        (columns && known[0] == known[3] && known[0] != known[4]))
      halves.insert(known);
  }
  EXPECT_EQ(halves.size(), 4U);
}

TEST(ImageFamilies, BlursAreTheStartsOfDeblurring) {
  // level/(1 - level) = sigma/h with log h = -w^2 phat^2 / 2: sigma from the first mode, w from the second.
  const auto start = [](double sigma, double width) {
    return denoising(sigma, gaussian_blur(layout, width)).path.start().expand({8, 8}).flatten().contiguous();
  };
  const auto log_ratio = [](double level) { return std::log(level / (1 - level)); };
  int found = 0;
  for (std::uint32_t index = 0; index < 500; ++index) {
    const auto levels = draw("cosine", index);
    if (levels[0] == 0 || levels[0] >= levels[1] || levels[63] == levels[62])
      continue; // no blur
    const double sigma = std::exp(log_ratio(levels[0])), rise = log_ratio(levels[1]) - log_ratio(levels[0]);
    if (!(rise > 0.01))
      continue;
    const double rise_of_1 = log_ratio(start(sigma, 1)[1].item<double>()) - log_ratio(levels[0]);
    const auto expected = start(sigma, std::sqrt(rise / rise_of_1));
    double worst = 0;
    for (int k = 0; k < 64; ++k)
      worst = std::max(worst, std::abs(expected[k].item<double>() - levels[k]));
    found += worst < 1e-3 ? 1 : 0;
  }
  EXPECT_GT(found, 30); // of about 0.4 x 0.4 x 500 at the start
}

} // namespace
} // namespace stint
