#include "generative/trainer.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

/// Independent sites of two values, phi = +-1 with noise: no action known, far from Gaussian.
class TwoPeaks : public ::testing::Test {
protected:
  const Geometry lattice{{16, 16}};
  const torch::Tensor data = [] {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
    return torch::randn({1000, 16, 16}, generator).sign() + 0.2 * torch::randn({1000, 16, 16}, generator);
  }();
  const TrainingLaw law{lattice, data, {.symmetric = true}};
  const TrainingOptions options{.steps = 40, .batch = 16, .warmup = 5, .seed = 4};

  Model model() const {
    return {{.geometry = lattice,
             .kind = "test",
             .symmetric = true,
             .channels = 8,
             .levels = 2,
             .moments = measure_moments(data, true, std::nullopt)},
            4};
  }
};

TEST_F(TwoPeaks, LearnsMoreThanTheWienerEstimate) {
  Model trained = model();
  Trainer trainer(trained, law, {.steps = 450, .batch = 32, .learning_rate = 5e-3, .warmup = 20, .seed = 4}, {});
  const double before = validation_loss(trained, law, 1, 4, 128);
  for (int i = 0; i < 450; ++i)
    trainer.step();
  trainer.swap_average();
  const double after = validation_loss(trained, law, 1, 4, 128);
  EXPECT_LT(after, 0.93 * before);
}

TEST_F(TwoPeaks, ResumedTrainingEqualsUninterruptedTraining) {
  Model whole = model(), first = model(), second = model();
  Trainer uninterrupted(whole, law, options, {}), before(first, law, options, {}), after(second, law, options, {});
  for (int i = 0; i < 12; ++i)
    uninterrupted.step();
  for (int i = 0; i < 7; ++i)
    before.step();
  const auto saved = before.state(), restored = after.state();
  for (std::size_t i = 0; i < saved.size(); ++i) {
    ASSERT_EQ(saved[i].first, restored[i].first);
    torch::Tensor(restored[i].second).copy_(saved[i].second);
  }
  after.set_steps_done(before.steps_done());
  for (int i = 0; i < 5; ++i)
    after.step();
  const auto expected = uninterrupted.state(), got = after.state();
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(torch::equal(expected[i].second, got[i].second)) << expected[i].first;
}

TEST_F(TwoPeaks, SwappingTheAverageTwiceChangesNothing) {
  Model trained = model();
  Trainer trainer(trained, law, options, {});
  trainer.step();
  trainer.step();
  std::vector<torch::Tensor> before;
  for (const auto& [name, tensor] : trainer.state())
    before.push_back(tensor.clone());
  trainer.swap_average();
  bool changed = false;
  for (std::size_t i = 0; i < before.size(); ++i)
    changed = changed || !torch::equal(before[i], trainer.state()[i].second);
  EXPECT_TRUE(changed);
  trainer.swap_average();
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(torch::equal(before[i], trainer.state()[i].second));
}

TEST_F(TwoPeaks, RefusesOptionsThatMakeNoSense) {
  Model trained = model();
  EXPECT_THROW(Trainer(trained, law, {.batch = 0}, {}), std::invalid_argument);
  EXPECT_THROW(Trainer(trained, law, {.learning_rate = -1}, {}), std::invalid_argument);
  EXPECT_THROW(Trainer(trained, law, {.average_decay = 1}, {}), std::invalid_argument);
}

} // namespace
} // namespace stint
