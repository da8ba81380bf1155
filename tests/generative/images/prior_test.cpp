// What is known of pictures without a network, against dense algebra and direct sums.

#include "generative/drifts/gaussian.hpp"
#include "generative/images/prior.hpp"
#include "generative/operators/modes.hpp"
#include "generative/operators/whitening.hpp"
#include "generative/paths/schedule.hpp"
#include "generative/paths/task.hpp"
#include "generative/training/law.hpp"
#include "generative/training/regression.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Layout layout{.geometry = Geometry({4, 6}), .channels = 2, .boundary = Boundary::open};

double largest(const torch::Tensor& t) { return t.abs().max().item<double>(); }

torch::Tensor random(std::vector<std::int64_t> shape, std::int64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kDouble);
}

/// The same spectrum in both channels, falling with the momentum.
torch::Tensor spectrum() { return 1 / (0.3 + phat2_of(layout)); }

torch::Tensor mean() { return 0.3 * random({2, 4, 6}, 1); }

std::unique_ptr<ImagePrior> prior() {
  return std::make_unique<ImagePrior>(layout, mean(), spectrum().unsqueeze(0), false);
}

/// Pairs of each family's basis, levels from 0 to 1.
std::vector<Pair> pairs() {
  const auto levels = torch::linspace(0, 1, 24, torch::kDouble).reshape({1, 1, 4, 6});
  return {pair_of_levels(Basis::any(), torch::full({3, 1, 1, 1}, 0.4, torch::kDouble)),
          pair_of_levels(Basis::site(), levels), pair_of_levels(Basis::cosine(), levels)};
}

TEST(ImagePrior, KnowsThePosteriorMeanOfGaussianPictures) {
  const auto x = 2 * random({3, 2, 4, 6}, 3);
  const GaussianMixture law(Operator::diagonal(Basis::cosine(), spectrum()), mean().unsqueeze(0), torch::ones({1}));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto pair = pairs()[i];
    const auto look = prior()->look(pair, pair.beta(x));
    EXPECT_LT(largest(look.estimate - law.posterior_mean(pair, pair.beta(x))), 1e-5) << i;
    EXPECT_GT(look.deviation.values().min().item<double>(), 0) << i;
    EXPECT_EQ(look.planes.sizes(), (std::vector<std::int64_t>{3, prior()->planes(), 4, 6})) << i;
    EXPECT_EQ(look.numbers.sizes(), (std::vector<std::int64_t>{3, prior()->numbers()})) << i;
    EXPECT_TRUE(look.planes.isfinite().all().item<bool>() && look.numbers.isfinite().all().item<bool>()) << i;
  }
}

TEST(ImagePrior, KnowsItOfRealSizesToo) {
  const Layout large{.geometry = Geometry({28, 28}), .boundary = Boundary::open};
  const auto variances = 1 / (0.02 + phat2_of(large).pow(1.5)); // from 0.05 to 50, as of Fashion-MNIST
  const auto covariance = Operator::diagonal(Basis::cosine(), variances);
  const ImagePrior pictures(large, torch::zeros({1, 28, 28}, torch::kDouble), variances.unsqueeze(0), false);
  const auto picture =
      Operator::diagonal(Basis::cosine(), variances.sqrt())(random({2, 1, 28, 28}, 5)).to(torch::kFloat);
  const auto known = parse_mask("random:0.5", large.geometry, 6);
  for (const double sigma : {0.0, 0.01}) {
    const Pair pair = inpainting(known, sigma).path.start_pair();
    const auto x = torch::where(known, picture / (1 + sigma), torch::zeros_like(picture));
    const auto exact = covariance(Whitener::exact(pair, covariance, 1e-10)(pair.beta(x.to(torch::kDouble))));
    const auto estimate = pictures.look(pair, pair.beta(x)).estimate;
    EXPECT_LT(largest(estimate - exact), 1e-4) << sigma;
    const auto alone = x.narrow(0, 0, 1); // another picture may take more iterations
    EXPECT_LT(largest(pictures.look(pair, pair.beta(alone)).estimate - estimate.narrow(0, 0, 1)), 1e-6) << sigma;
  }
}

TEST(ImagePrior, DoesNotLookAtPixelsThatAreNoise) {
  auto levels = torch::full({1, 1, 4, 6}, 0.2, torch::kDouble);
  levels.slice(3, 2, 5).fill_(1);
  const auto pair = pair_of_levels(Basis::site(), levels);
  auto x = random({1, 2, 4, 6}, 4);
  const auto before = prior()->look(pair, pair.beta(x));
  x.slice(3, 2, 5).fill_(100);
  const auto after = prior()->look(pair, pair.beta(x));
  EXPECT_EQ(largest(after.planes - before.planes), 0);
  EXPECT_EQ(largest(after.estimate - before.estimate), 0);
}

TEST(ImagePrior, TheLossOfTheEstimateIsOneForGaussianPictures) {
  const auto root = Operator::diagonal(Basis::cosine(), spectrum().sqrt());
  const auto draws = (mean() + root(random({4000, 2, 4, 6}, 5))).to(torch::kFloat);
  const auto families = FamilyLaw::parse("cosine", prior()->families());
  Model model(prior(), {.families = families, .channels = 4, .levels = 1}, 1);
  const TrainingLaw law(layout, draws, law_options(model.prior(), families));
  const auto batch = law.draw(7, Purpose::validation, 0, {0, 4000}, 4000);
  const auto losses = regression_losses(model, batch).detach();
  // Where something is open, and no level so small that s stands at its floor.
  const auto alpha = batch[0].observation.pair.alpha.values();
  const auto usable = ((alpha == 0) | (alpha >= level_of_log_ratio(-prior()->log_ratio_range()))).flatten(1).all(1) &
                      (alpha > 0).flatten(1).any(1);
  EXPECT_GT(usable.to(torch::kDouble).mean().item<double>(), 0.5);
  EXPECT_LT(std::abs(testing::z_score(losses.masked_select(usable), 1)), 4) << losses.mean();
}

TEST(ImagePrior, LossesAreThoseOfThePicture) {
  for (const auto& pair : pairs()) {
    const auto look = prior()->look(pair, random({3, 2, 4, 6}, 6));
    const auto weights = prior()->loss_weights(pair, look);
    if (*diagonal_basis(pair) == Basis::any()) {
      EXPECT_FALSE(weights.defined());
      continue;
    }
    EXPECT_LT(largest(weights.mean(configuration_axes(weights)) - 1), 1e-5);
    const auto open = pair.alpha.values() > 0;
    EXPECT_EQ(largest(weights.masked_select(~open)), 0);
    const auto ratio = (weights / look.deviation.values().square()).masked_select(open);
    EXPECT_LT(largest(ratio / ratio.mean() - 1), 1e-4);
  }
}

TEST(ImageFit, MomentsAreThoseOfThePictures) {
  const auto pictures = random({50, 2, 4, 6}, 7).to(torch::kFloat) * 0.3;
  const PriorRequest request{.layout = layout, .sample = pictures.narrow(0, 0, 1)};
  ImageFit all(request), first(request), second(request);
  all.add(pictures);
  first.add(pictures.narrow(0, 0, 20));
  second.add(pictures.narrow(0, 20, 30));
  for (std::size_t i = 0; i < first.sums().size(); ++i)
    first.sums()[i] += second.sums()[i];
  const auto data = pictures.to(torch::kDouble);
  const auto distance = data - data.mean(0);
  const auto modes = Basis::cosine().coordinates(distance);
  for (const auto& prior : {all.prior({}, {}), first.prior({}, {})}) {
    const State state = prior->state();
    EXPECT_LT(largest(state.tensor("mean") - data.mean(0)), 1e-12);
    EXPECT_LT(largest(state.tensor("variances") - modes.square().mean(0).mean(0, true)), 1e-12);
  }
}

TEST(ImageFit, RefusesTiltsAndEqualPictures) {
  const auto equal = torch::ones({10, 2, 4, 6});
  ImageFit fit({.layout = layout, .sample = equal});
  fit.add(equal);
  EXPECT_THROW(fit.prior({}, {}), std::invalid_argument);
  EXPECT_THROW(ImageFit({.layout = layout, .tilting = {.h_range = 1}, .sample = equal}), std::invalid_argument);
}

TEST(ImagePrior, ComesBackFromItsState) {
  const ImagePrior mirrored(layout, mean(), spectrum().unsqueeze(0), true);
  const auto again = ImagePrior::load(layout, mirrored.state());
  EXPECT_EQ(again->symmetries().reflections, 2U); // left and right alone
  EXPECT_EQ(prior()->symmetries().reflections, 0U);
  const auto x = random({3, 2, 4, 6}, 8);
  for (const auto& pair : pairs()) {
    EXPECT_EQ(largest(again->look(pair, x).planes - mirrored.look(pair, x).planes), 0);
    EXPECT_EQ(largest(again->look(pair, x).estimate - mirrored.look(pair, x).estimate), 0);
  }
  State damaged = mirrored.state();
  damaged.tensors["variances"] = -damaged.tensors["variances"];
  EXPECT_THROW(ImagePrior::load(layout, damaged), std::invalid_argument);
  damaged = mirrored.state();
  damaged.tensors.erase("mean");
  EXPECT_THROW(ImagePrior::load(layout, damaged), std::invalid_argument);
}

} // namespace
} // namespace stint
