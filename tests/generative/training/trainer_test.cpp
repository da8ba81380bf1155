#include "generative/phi4/prior.hpp"
#include "generative/training/regression.hpp"
#include "generative/training/trainer.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace stint {
namespace {

/// Independent sites of two values, phi = +-1 with noise: no action known, far from Gaussian.
class TwoPeaks : public ::testing::Test {
protected:
  const Geometry lattice{{16, 16}};
  const torch::Tensor data = [] {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
    return torch::randn({1000, 1, 16, 16}, generator).sign() + 0.2 * torch::randn({1000, 1, 16, 16}, generator);
  }();
  const LawOptions law_options{.families = testing::phi4_families(lattice),
                               .symmetries = testing::phi4_symmetries(true)};
  const TrainingLaw law{{lattice}, data, law_options};
  const TrainingOptions options{.steps = 40, .batch = 16, .warmup = 5, .seed = 4};

  Model model() const {
    return {std::make_unique<Phi4Prior>(Phi4Knowledge{.geometry = lattice,
                                                      .theory = {},
                                                      .symmetric = true,
                                                      .moments = measure_moments(data, true, std::nullopt)}),
            {.families = law_options.families, .channels = 8, .levels = 3},
            4};
  }
};

TEST_F(TwoPeaks, LearnsMostOfWhatTheExactPosteriorMeanKnows) {
  // For sites +-1 with variance v the posterior mean is (tanh(y / (1 + v Gamma)) / v + y) / (1/v + Gamma).
  constexpr std::int64_t batches = 4, size = 128;
  constexpr double v = 0.04;
  Model trained = model();
  double best = 0; // the loss of the exact posterior mean
  for (std::int64_t b = 0; b < batches; ++b) {
    const auto batch = law.draw(1, Purpose::validation, b, {0, size}, size);
    const auto& [family, observation, x1, k2_below, number] = batch.front();
    const auto& [pair, signal] = observation;
    const auto gamma = (pair.beta.values() / pair.alpha.values()).square(), y = signal / pair.alpha.values().square();
    const auto exact = ((y / (1 + v * gamma)).tanh() / v + y) / (1 / v + gamma);
    const auto target = trained.prior().target(pair, signal, x1);
    const auto deviation = trained.look(pair, signal).deviation;
    best += deviation.inverse()(target - exact).square().mean().item<double>() / batches;
  }
  Trainer trainer(trained, law, {.steps = 700, .batch = 32, .learning_rate = 2e-3, .warmup = 100, .seed = 5}, {});
  const double before = validation_loss(trained, law, 1, batches, size).total;
  EXPECT_NEAR(before, prior_loss(trained, law, 1, batches, size).total, 1e-6);
  for (int i = 0; i < 700; ++i)
    trainer.step();
  trainer.swap_average();
  const double after = validation_loss(trained, law, 1, batches, size).total;
  EXPECT_LT(after - best, 0.5 * (before - best)) << best << " " << before << " " << after;
  EXPECT_GT(after, best);
  EXPECT_EQ(trainer.steps_skipped(), 0);
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
  after.set_steps(before.steps_done(), before.steps_skipped());
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

TEST_F(TwoPeaks, AccumulatingPartsOfABatchEqualsTheWholeBatch) {
  Model whole = model(), parts = model();
  TrainingOptions in_parts = options;
  in_parts.accumulate = 4;
  Trainer at_once(whole, law, options, {}), one_after_another(parts, law, in_parts, {});
  for (int i = 0; i < 5; ++i)
    EXPECT_NEAR(at_once.step().value(), one_after_another.step().value(), 1e-5);
  const auto expected = at_once.state(), got = one_after_another.state();
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_LT((expected[i].second - got[i].second).norm().item<double>(),
              1e-4 * expected[i].second.norm().item<double>() + 1e-7)
        << expected[i].first;
}

TEST_F(TwoPeaks, ThreadsThatHaveSamplesOfTheirOwnTrainTheSameModel) {
  const int threads = at::get_num_threads();
  Model one = model(), three = model();
  Trainer alone(one, law, options, {}), together(three, law, options, {});
  for (int i = 0; i < 5; ++i) {
    at::set_num_threads(1);
    const double loss = alone.step().value();
    at::set_num_threads(3);
    EXPECT_NEAR(together.step().value(), loss, 1e-5);
  }
  const auto alone_loss = validation_loss(one, law, 1, 1, 100).total;
  EXPECT_NEAR(validation_loss(three, law, 1, 1, 100).total, alone_loss, 1e-4 * alone_loss);
  EXPECT_EQ(at::get_num_threads(), 3);
  EXPECT_EQ(omp_get_max_threads(), 3);
  at::set_num_threads(threads);
  const auto expected = alone.state(), got = together.state();
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_LT((expected[i].second - got[i].second).norm().item<double>(),
              1e-4 * expected[i].second.norm().item<double>() + 1e-7)
        << expected[i].first;
}

TEST_F(TwoPeaks, LeavesOutStepsThatAreNotFinite) {
  auto spoilt = data.clone();
  spoilt.slice(0, 0, 1000, 20) = std::numeric_limits<float>::quiet_NaN(); // some batches have none of these
  const TrainingLaw spoilt_law({lattice}, spoilt, law_options);
  Model trained = model();
  Trainer trainer(trained, spoilt_law, options, {});
  std::int64_t skipped = 0;
  for (int i = 0; i < 20; ++i) {
    std::vector<torch::Tensor> before;
    for (const auto& [name, tensor] : trainer.state())
      before.push_back(tensor.clone());
    const bool taken = trainer.step().has_value();
    skipped += taken ? 0 : 1;
    const auto after = trainer.state();
    bool changed = false;
    for (std::size_t k = 0; k < before.size(); ++k) {
      changed = changed || !torch::equal(before[k], after[k].second);
      EXPECT_TRUE(after[k].second.isfinite().all().item<bool>());
    }
    EXPECT_EQ(changed, taken);
  }
  EXPECT_GT(skipped, 2);
  EXPECT_LT(skipped, 18);
  EXPECT_EQ(trainer.steps_skipped(), skipped);
  EXPECT_EQ(trainer.steps_done(), 20);
}

TEST_F(TwoPeaks, FindsBackFromAnOutputFarBeyondItsBounds) {
  // A jump of the parameters must not leave the network where its answer is at a bound and has no gradient.
  Model trained = model();
  const auto constant = trained.network()->named_parameters()["constant2_bias"];
  {
    const torch::NoGradGuard no_gradient;
    constant.fill_(30);
  }
  Trainer trainer(trained, law, options, {});
  for (int i = 0; i < 40; ++i)
    trainer.step();
  const double longest_way = 40 * options.learning_rate; // of AdamW; what decays of 30 is less than a hundredth of it
  EXPECT_GT(30 - constant.item<double>(), 0.1 * longest_way);
}

TEST_F(TwoPeaks, RefusesOptionsThatMakeNoSense) {
  Model trained = model();
  EXPECT_THROW(Trainer(trained, law, {.batch = 0}, {}), std::invalid_argument);
  EXPECT_THROW(Trainer(trained, law, {.batch = 16, .accumulate = 3}, {}), std::invalid_argument);
  EXPECT_THROW(Trainer(trained, law, {.gradient_clip = 0}, {}), std::invalid_argument);
  EXPECT_THROW(Trainer(trained, law, {.learning_rate = -1}, {}), std::invalid_argument);
  EXPECT_THROW(Trainer(trained, law, {.average_decay = 1}, {}), std::invalid_argument);
}

} // namespace
} // namespace stint
