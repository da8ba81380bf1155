#include "generative/training/law.hpp"

#include "generative/phi4/free_field.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

/// Of phi^4 with or without its sign.
LawOptions options(const Geometry& geometry, bool symmetric, const Tilting& tilting = {},
                   double tilted_fraction = 0.5) {
  return {.families = testing::phi4_families(geometry),
          .symmetries = testing::phi4_symmetries(symmetric),
          .tilting = tilting,
          .tilted_fraction = tilted_fraction};
}

TEST(TrainingLaw, SamplesAreTheSameWhicheverRankDrawsThem) {
  const Geometry geometry({4, 4});
  const TrainingLaw law({geometry}, testing::free_field(geometry, {.mass2 = 1}, 1, 500),
                        options(geometry, true, {.h_range = 0.05}));
  const auto whole = law.draw(3, Purpose::training, 17, {0, 8}, 8).front();
  const auto part = law.draw(3, Purpose::training, 17, {2, 3}, 8).front();
  EXPECT_TRUE(torch::equal(whole.observation.signal.narrow(0, 2, 3), part.observation.signal));
  EXPECT_TRUE(torch::equal(whole.x1.narrow(0, 2, 3), part.x1));
  EXPECT_FALSE(torch::equal(whole.x1, law.draw(3, Purpose::training, 18, {0, 8}, 8).front().x1));
  EXPECT_FALSE(torch::equal(whole.x1, law.draw(3, Purpose::validation, 17, {0, 8}, 8).front().x1));
}

TEST(TrainingLaw, PartsOfAMixedBatchAreTheSameWhicheverRankDrawsThem) {
  // Every basis by itself: the samples of the second half of the batch are those of the whole batch.
  const Geometry geometry({4, 4});
  const TrainingLaw law({geometry}, testing::free_field(geometry, {.mass2 = 1}, 1, 500),
                        {.families = testing::phi4_families(geometry, "mixed"),
                         .symmetries = testing::phi4_symmetries(false),
                         .tilting = {.h_range = 0.05, .k2_range = 0.1}});
  const auto whole = law.draw(3, Purpose::training, 17, {0, 64}, 64);
  const auto part = law.draw(3, Purpose::training, 17, {32, 32}, 64);
  ASSERT_EQ(whole.size(), 3); // any, site, fourier
  std::int64_t samples = 0;
  for (const auto& of_part : part)
    for (const auto& of_whole : whole)
      if (*diagonal_basis(of_whole.observation.pair) == *diagonal_basis(of_part.observation.pair)) {
        const auto count = of_part.x1.size(0);
        samples += count;
        const auto last = [&](const torch::Tensor& all) { return all.narrow(0, all.size(0) - count, count); };
        EXPECT_TRUE(torch::equal(last(of_whole.families), of_part.families));
        EXPECT_TRUE(torch::equal(last(of_whole.x1), of_part.x1));
        EXPECT_LT((last(of_whole.observation.signal) - of_part.observation.signal).abs().max().item<double>(), 1e-6);
      }
  EXPECT_EQ(samples, 32);
}

TEST(TrainingLaw, TransformsConfigurationsByAllSymmetriesOfTheLatticeAndByNothingElse) {
  // One configuration whose 9 sites differ: the draws must be its 9 translations x 8 point symmetries x 2 signs, all of
  // them.
  const Geometry geometry({3, 3});
  const auto original = torch::tensor({{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}, {7.F, 8.F, 19.F}});
  const TrainingLaw law({geometry}, original.reshape({1, 1, 3, 3}), options(geometry, true));
  std::set<std::vector<float>> expected, drawn;
  const auto insert = [](std::set<std::vector<float>>& set, const torch::Tensor& field) {
    const auto f = field.contiguous();
    set.emplace(f.data_ptr<float>(), f.data_ptr<float>() + f.numel());
  };
  for (int sign : {-1, 1})
    for (int transpose : {0, 1})
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
          for (int flip = 0; flip < 4; ++flip) {
            auto field = (transpose ? original.t() : original) * sign;
            if (flip & 1)
              field = field.flip({0});
            if (flip & 2)
              field = field.flip({1});
            insert(expected, field.roll({i, j}, {0, 1}));
          }
  for (const auto& field : law.draw(1, Purpose::training, 0, {0, 4000}, 4000).front().x1.unbind())
    insert(drawn, field);
  EXPECT_EQ(expected.size(), 144U);
  EXPECT_EQ(drawn, expected);
}

TEST(TrainingLaw, TiltedSamplesFollowTheTiltedLaw) {
  // Of a free field in a field h the mean is h / (2 m^2). The law tilts by random h: compare E[V M - V h / (2 m^2)]
  // with 0.
  const Geometry geometry({3, 2});
  const Phi4 theory{.mass2 = 1};
  const std::int64_t data = 100000, batches = 400, size = 100;
  for (const bool symmetric : {true, false}) {
    const TrainingLaw law({geometry}, testing::free_field(geometry, theory, 1, data),
                          options(geometry, symmetric, {.h_range = 0.5}, 1));
    std::vector<double> differences, products;
    for (std::int64_t b = 0; b < batches; ++b) {
      const auto batch = law.draw(2, Purpose::training, b, {0, size}, size).front();
      // The common h of the batch, recovered from where the signal is independent of it: keyed as the law says.
      const double h = 0.5 * (2 * Stream{2, Purpose::training, size, static_cast<std::uint32_t>(b)}.uniform(0) - 1);
      const double mean = batch.x1.mean().item<double>();
      differences.push_back(mean - h / 2);
      products.push_back(mean * h - h * h / 2);
    }
    EXPECT_LT(std::abs(testing::z_score(torch::tensor(differences), 0)), 4);
    EXPECT_LT(std::abs(testing::z_score(torch::tensor(products), 0)), 4);
  }
}

TEST(TrainingLaw, QuadraticTiltsFollowTheLawOfTheOtherMass) {
  // k2 makes the squared mass m2 - k2: compare E[mean phi^2 - <phi^2>(m2 - k2)] with 0, k2 of each batch keyed as the
  // law says.
  const Geometry geometry({3, 2});
  const Phi4 theory{.mass2 = 1};
  const std::int64_t batches = 400, size = 100;
  const TrainingLaw law({geometry}, testing::free_field(geometry, theory, 1, 100000),
                        options(geometry, true, {.k2_range = 0.5}, 1));
  std::vector<double> differences, products;
  for (std::int64_t b = 0; b < batches; ++b) {
    const auto batch = law.draw(2, Purpose::training, b, {0, size}, size).front();
    const double k2 = -0.5 * Stream{2, Purpose::training, size, static_cast<std::uint32_t>(b)}.uniform(1);
    const double expected = testing::free_field_moments_of(geometry, {.mass2 = 1 - k2}).variance().item<double>();
    differences.push_back(batch.x1.square().mean().item<double>() - expected);
    products.push_back(differences.back() * k2);
  }
  EXPECT_LT(std::abs(testing::z_score(torch::tensor(differences), 0)), 4);
  EXPECT_LT(std::abs(testing::z_score(torch::tensor(products), 0)), 4);
}

TEST(TrainingLaw, ObservationsBelongToTheLawAtTheTop) {
  // Whether tilted or not, the mean of x1 given its observation is that of the free field of squared mass m2 - top.
  const Geometry geometry({4, 4});
  constexpr double top = 0.3, range = 0.2, field = 0.1;
  const auto data = testing::free_field(geometry, {.mass2 = 1}, 1, 100000);
  const auto learned = free_field_law(geometry, {.mass2 = 1 - top});
  for (const double fraction : {0., 1.}) {
    const TrainingLaw law({geometry}, data,
                          options(geometry, true, {.h_range = field, .k2_range = range, .k2_top = top}, fraction));
    std::vector<double> products;
    double lightest = -1, heaviest = 1;
    for (std::int64_t b = 0; b < 400; ++b) {
      const auto part = law.draw(2, Purpose::training, b, {0, 100}, 100).front();
      const auto& [pair, signal] = part.observation;
      const auto missed = part.x1 - learned.posterior_mean(pair, signal);
      products.push_back((missed * signal).mean().item<double>());
      lightest = std::max(lightest, part.k2_below.max().item<double>());
      heaviest = std::min(heaviest, part.k2_below.min().item<double>());
    }
    EXPECT_LT(std::abs(testing::z_score(torch::tensor(products), 0)), 4);
    EXPECT_NEAR(lightest, fraction == 0 ? -top : 0, 0.01);
    EXPECT_NEAR(heaviest, fraction == 0 ? -top : -top - range, 0.01);
  }
}

TEST(TrainingLaw, SignalIsTheShiftedObservation) {
  const Geometry geometry({4});
  const TrainingLaw law({geometry}, torch::full({200, 1, 4}, 2.F), options(geometry, false, {.h_range = 0.01}, 1));
  const auto [family, observation, x1, k2_below, number] = law.draw(5, Purpose::training, 0, {0, 4000}, 4000).front();
  const double h = 0.01 * (2 * Stream{5, Purpose::training, 4000, 0}.uniform(0) - 1);
  const auto &alpha = observation.pair.alpha.values(), &beta = observation.pair.beta.values();
  // signal = beta (alpha x0 + 2 beta) + alpha^2 h, x0 standard normal.
  const auto noise = (observation.signal - 2 * beta.square()) / (alpha * beta);
  EXPECT_LT(std::abs(testing::z_score((noise - alpha / beta * h).flatten(1).mean(1), 0)), 4);
  EXPECT_LT(std::abs(testing::z_score((noise - alpha / beta * h).square().flatten(1).mean(1), 1)), 4);
}

TEST(TrainingLaw, RefusesTiltsThatTheDataCannotSupport) {
  const Geometry geometry({8, 8});
  const auto data = testing::free_field(geometry, {.mass2 = 0.1}, 1, 500);
  EXPECT_NO_THROW(TrainingLaw({geometry}, data, options(geometry, false, {.h_range = 0.01})));
  EXPECT_THROW(TrainingLaw({geometry}, data, options(geometry, false, {.h_range = 1})), std::invalid_argument);
}

} // namespace
} // namespace stint
