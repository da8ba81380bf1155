// Paths inside and outside of what a model was trained on.

#include "generative/training/law_distance.hpp"

#include "generative/operators/modes.hpp"
#include "generative/paths/task.hpp"
#include "tests/generative/fixtures.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

const Geometry lattice({8, 8});
constexpr double range = 4;

LawDistance distance(const char* law, const Task& task) {
  return distance_to_law(testing::phi4_families(lattice, law), knots(task.path, Schedule::log_ratio(12, range)),
                         {lattice}, range);
}

torch::Tensor mask(const char* text) { return parse_mask(text, lattice, 3); }

struct Case {
  const char* name;
  const char* law;
  Task task;
};

std::string text(const Case& asked, const LawDistance& found) {
  return fmt::format("{} under {}: {:.3f} nats at knot {}", asked.name, asked.law, found.nats, found.knot);
}

TEST(LawDistance, OfTasksThatTheLawWasMadeForIsWithinItsOwn) {
  const std::vector<Case> cases = {{"block", "known:1", inpainting(mask("block:4x4@1,2"))},
                                   {"random", "known:1", inpainting(mask("random:0.5"))},
                                   {"columns", "sequential:1", sequential(column_order(lattice, 2))},
                                   {"blocks", "sequential:1", sequential(block_order(lattice, 4))},
                                   {"blocks", "mixed", sequential(block_order(lattice, 2))},
                                   {"block", "mixed", inpainting(mask("block:4x4@1,2"))},
                                   {"shells", "fourier", multiscale({lattice}, 3)},
                                   {"low modes", "fourier", superresolution({lattice}, 2)},
                                   {"generate", "scalar", generation()}};
  for (const auto& asked : cases) {
    const auto found = distance(asked.law, asked.task);
    EXPECT_LT(found.nats, 0.5) << text(asked, found);
  }
}

TEST(LawDistance, OfOtherTasksIsLarger) {
  const auto low = modes_below({lattice}, 2);
  const std::vector<Case> outside = {{"random", "sequential:1", inpainting(mask("random:0.5"))},
                                     {"block", "independent:1", inpainting(mask("block:4x4@1,2"))}};
  for (const auto& asked : outside) {
    const auto found = distance(asked.law, asked.task);
    EXPECT_TRUE(found.outside()) << text(asked, found);
    EXPECT_LE(found.nats, 2 * range) << text(asked, found);
  }
  // Of other paths some coordinates are where the law has them.
  const std::vector<Case> partly = {
      {"blocks", "known:1", sequential(block_order(lattice, 4))},
      {"halves", "known:1", sequential(column_order(lattice, 4))},
      {"high modes known", "fourier", {Path(Basis::fourier(), torch::zeros_like(low), low.to(torch::kDouble))}}};
  for (const auto& asked : partly) {
    const auto found = distance(asked.law, asked.task);
    EXPECT_GT(found.nats, 0.8) << text(asked, found);
  }
}

} // namespace
} // namespace stint
