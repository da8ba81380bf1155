#include "generative/law.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

TEST(TrainingLaw, SamplesAreTheSameWhicheverRankDrawsThem) {
  const Geometry geometry({4, 4});
  const TrainingLaw law(geometry, testing::free_field(geometry, {.mass2 = 1}, 1, 500),
                        {.symmetric = true, .field_range = 0.05});
  const auto whole = law.draw(3, Purpose::training, 17, 0, 8, 8);
  const auto part = law.draw(3, Purpose::training, 17, 2, 3, 8);
  EXPECT_TRUE(torch::equal(whole.signal.narrow(0, 2, 3), part.signal));
  EXPECT_TRUE(torch::equal(whole.x1.narrow(0, 2, 3), part.x1));
  EXPECT_FALSE(torch::equal(whole.x1, law.draw(3, Purpose::training, 18, 0, 8, 8).x1));
  EXPECT_FALSE(torch::equal(whole.x1, law.draw(3, Purpose::validation, 17, 0, 8, 8).x1));
}

TEST(TrainingLaw, TransformsConfigurationsByAllSymmetriesOfTheLatticeAndByNothingElse) {
  // One configuration whose 9 sites differ: the draws must be its 9 translations x 8 point symmetries x 2 signs, all of
  // them.
  const Geometry geometry({3, 3});
  const auto original = torch::tensor({{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}, {7.F, 8.F, 19.F}});
  const TrainingLaw law(geometry, original.unsqueeze(0), {.symmetric = true});
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
  for (const auto& field : law.draw(1, Purpose::training, 0, 0, 4000, 4000).x1.unbind())
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
    const TrainingLaw law(geometry, testing::free_field(geometry, theory, 1, data),
                          {.symmetric = symmetric, .field_range = 0.5, .tilted_fraction = 1});
    std::vector<double> differences, products;
    for (std::int64_t b = 0; b < batches; ++b) {
      const auto batch = law.draw(2, Purpose::training, b, 0, size, size);
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

TEST(TrainingLaw, SignalIsTheShiftedObservation) {
  const Geometry geometry({4});
  const TrainingLaw law(geometry, torch::full({200, 4}, 2.F), {.field_range = 0.01, .tilted_fraction = 0.5});
  const auto batch = law.draw(5, Purpose::training, 0, 0, 4000, 4000);
  const double h = 0.01 * (2 * Stream{5, Purpose::training, 4000, 0}.uniform(0) - 1);
  // signal = beta (alpha x0 + 2 beta) + alpha^2 h 1(tilted), x0 standard normal.
  const auto noise = (batch.signal - 2 * batch.pair.beta.square()) / (batch.pair.alpha * batch.pair.beta);
  const auto shift = batch.pair.alpha / batch.pair.beta * h;
  EXPECT_LT(std::abs(testing::z_score((noise - shift).narrow(0, 0, 2000).mean(1), 0)), 4);
  EXPECT_LT(std::abs(testing::z_score(noise.narrow(0, 2000, 2000).mean(1), 0)), 4);
  EXPECT_LT(std::abs(testing::z_score(noise.narrow(0, 2000, 2000).square().mean(1), 1)), 4);
}

TEST(TrainingLaw, RefusesTiltsThatTheDataCannotSupport) {
  const Geometry geometry({8, 8});
  const auto data = testing::free_field(geometry, {.mass2 = 0.1}, 1, 500);
  EXPECT_NO_THROW(TrainingLaw(geometry, data, {.field_range = 0.01}));
  EXPECT_THROW(TrainingLaw(geometry, data, {.field_range = 1}), std::invalid_argument);
}

} // namespace
} // namespace stint
