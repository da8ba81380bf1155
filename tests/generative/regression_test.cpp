#include "generative/regression.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Geometry lattice({8, 8});
const Phi4 theory{.mass2 = 0.5};

/// Of a free field whose action is not told: the target is the data, and its variance that of the posterior.
Model model() {
  Moments moments = testing::free_field_moments_of(lattice, theory);
  moments.force_spectrum = torch::Tensor();
  return {{.geometry = lattice,
           .kind = "test",
           .families = FamilyWeights::parse("mixed"),
           .channels = 4,
           .levels = 2,
           .moments = moments},
          1};
}

TEST(Regression, TheLossOfGaussianDataIsOneInEveryModeHoweverFewAreOpen) {
  // Modes have very different posterior variances, each is measured in its own; the mode that is open counts, not the
  // 59 that wait.
  constexpr std::int64_t count = 20000;
  Model gaussian = model();
  const auto x1 = testing::free_field(lattice, theory, 3, count);
  const auto noise = torch::randn(x1.sizes(), at::make_generator<at::CPUGeneratorImpl>(5));
  for (const bool low : {true, false}) {
    auto levels = torch::full({1, 8, 8}, low ? 1.F : 0.F);
    for (const auto& [k, q] : {std::pair{0, 1}, {1, 0}, {0, 7}, {7, 0}})
      levels[0][k][q] = 0.4F;
    levels[0][0][0] = 0.4F;
    const Pair pair = pair_of_levels(Basis::fourier(), levels.expand({count, 8, 8}).contiguous());
    const Batch batch = {{Family::fourier, {pair, pair.beta(interpolate(pair, noise, x1))}, x1}};
    const auto losses = regression_losses(gaussian, batch);
    EXPECT_LT(std::abs(testing::z_score(losses, 1)), 4) << low;
    // Five real modes of unit variance: 2/5 with weight 1, a little less with what waits.
    EXPECT_NEAR(losses.var().item<double>(), low ? 2 * (1 / 5.0) / 1.2 / 1.2 : 2 / 5.0, 0.03) << low;
  }
}

TEST(Regression, FittingTheConstantFindsWhatTheBestOneIs) {
  // Of a free field the best network is 0. A constant that is not goes back there, to within its statistical error, and
  // hardly moves with few samples.
  const TrainingLaw law(lattice, testing::free_field(lattice, theory, 3, 5000),
                        {.families = model().description().families});
  const auto constant_after = [&](std::int64_t batches) {
    Model off = model();
    off.network()->add_to_constant(torch::zeros({1}).expand({64}), 0.3);
    if (batches > 0)
      fit_constant(off, law, 1, 100, batches, 64, {});
    const Pair pair = testing::scalar_pair(torch::full({64}, 0.5F), 2);
    const auto in = off.inputs(pair, testing::free_field(lattice, theory, 4, 64));
    return off.evaluate(in.planes, in.numbers).fields.square().mean().sqrt().item<double>();
  };
  EXPECT_NEAR(constant_after(0), 0.3, 1e-6);
  EXPECT_GT(constant_after(1), 0.1);
  EXPECT_LT(constant_after(200), 0.03);
}

} // namespace
} // namespace stint
