#include "generative/training/regression.hpp"

#include "generative/phi4/estimate.hpp"
#include "generative/phi4/prior.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Geometry lattice({8, 8});
const Phi4 theory{.mass2 = 0.5};

/// A free field whose action is not told: the target is the data, and its variance that of the posterior.
Phi4Knowledge knowledge() {
  Moments moments = testing::free_field_moments_of(lattice, theory);
  moments.force_spectrum = torch::Tensor();
  return {.geometry = lattice, .theory = {}, .moments = moments};
}

Model model(const Phi4Knowledge& of, std::uint64_t seed, std::string_view families = "mixed") {
  return {std::make_unique<Phi4Prior>(of),
          {.families = testing::phi4_families(lattice, families), .channels = 4, .levels = 2},
          seed};
}

const Phi4Prior& prior_of(const Model& model) { return dynamic_cast<const Phi4Prior&>(model.prior()); }

LawOptions options(const Tilting& tilting = {}) {
  return {
      .families = testing::phi4_families(lattice), .symmetries = testing::phi4_symmetries(true), .tilting = tilting};
}

TEST(Regression, TheLossOfGaussianDataIsOneInEveryModeHoweverFewAreOpen) {
  // Modes have very different posterior variances, each is measured in its own; the mode that is open counts, not the
  // 59 that wait.
  constexpr std::int64_t count = 20000;
  Model gaussian = model(knowledge(), 1);
  const auto x1 = testing::free_field(lattice, theory, 3, count);
  const auto noise = torch::randn(x1.sizes(), at::make_generator<at::CPUGeneratorImpl>(5));
  for (const bool low : {true, false}) {
    auto levels = torch::full({1, 1, 8, 8}, low ? 1.F : 0.F);
    for (const auto& [k, q] : {std::pair{0, 1}, {1, 0}, {0, 7}, {7, 0}})
      levels[0][0][k][q] = 0.4F;
    levels[0][0][0][0] = 0.4F;
    const Pair pair = pair_of_levels(Basis::fourier(), levels.expand({count, 1, 8, 8}).contiguous());
    const Batch batch = {{{}, {pair, pair.beta(interpolate(pair, noise, x1))}, x1, {}}};
    const auto losses = regression_losses(gaussian, batch);
    EXPECT_LT(std::abs(testing::z_score(losses, 1)), 4) << low;
    // Five real modes of unit variance: 2/5 with weight 1, a little less with what waits.
    EXPECT_NEAR(losses.var().item<double>(), low ? 2 * (1 / 5.0) / 1.2 / 1.2 : 2 / 5.0, 0.03) << low;
  }
}

TEST(Regression, TheMeanCorrectionTakesOffWhatTheNetworkMisses) {
  // Of a free field W is the answer, and of a random network both means are off: after the correction they are not, on
  // samples that it has not seen, at h and k2 too.
  constexpr double h = 0.1, k2 = -0.1;
  const auto fields = testing::free_field(lattice, theory, 3, 20000);
  Phi4Knowledge known = knowledge();
  known.tilting.k2_range = 0.2;
  known.moments.magnetisation = measure_moments(fields, true, std::nullopt).magnetisation;
  Model off = model(known, 3);
  const torch::NoGradGuard constant;
  std::uint32_t index = 0;
  for (auto& parameter : off.network()->parameters()) {
    Stream{1, Purpose::parameters, 100 + index++}.normals(
        std::span<float>(parameter.data_ptr<float>(), static_cast<std::size_t>(parameter.numel())));
    parameter.mul_(0.15);
  }
  const TrainingLaw law({lattice}, fields, options({.h_range = 0.2, .k2_range = 0.2}));
  EXPECT_FALSE(fit_correction(off, law, 1, 100, 200, 256, {}, [](std::int64_t done) { return done < 2; }));
  EXPECT_FALSE(prior_of(off).knowledge().correction.known());
  EXPECT_TRUE(fit_correction(off, law, 1, 100, 200, 256, {}));

  // Of data tilted by h and k2, seen at one level: <eta1 - W> and <z (eta1 - W)> of
  // the zero mode, z that of W, and <W^* (eta1 - W)> of the others.
  constexpr std::int64_t count = 20000;
  const auto noise = torch::randn({count, 1, 8, 8}, at::make_generator<at::CPUGeneratorImpl>(5));
  const auto missed = [&](double field, double quadratic, bool corrected) {
    const auto x1 = testing::free_field(lattice, {.mass2 = 0.5, .field = field, .quadratic = quadratic}, 7, count);
    const Pair pair = testing::scalar_pair(torch::full({count}, 0.55F), 2);
    const auto o = observe(pair, interpolate(pair, noise, x1), {.A = 2 * quadratic, .b = torch::tensor(field)});
    const auto exact = gaussian_estimate(knowledge().moments, o.pair, o.signal).field;
    const auto error = off.posterior_mean(quadratic, corrected)(o.pair, o.signal) - exact;
    const auto mean = [](const torch::Tensor& values) { return values.mean().abs().item<double>(); };
    const auto of_zero_mode = error.flatten(1).mean(1), z = exact.flatten(1).mean(1);
    return std::pair{mean(of_zero_mode) + mean((z - z.mean()) / z.std() * of_zero_mode),
                     mean(prior_of(off).shell_products(exact, error).sum(1))};
  };
  const auto [zero_before, waves_before] = missed(0, 0, false);
  const auto [zero, waves] = missed(0, 0, true);
  EXPECT_LT(zero, zero_before / 10);
  EXPECT_LT(waves, waves_before / 10);
  EXPECT_LT(missed(h, k2, true).first, missed(h, k2, false).first / 5);
}

TEST(Regression, TheMeanCorrectionKnowsThatWavesDependOnTheMagnetisation) {
  // Half of the data have a small |M| and strong waves, the others a large one and weak waves: W takes the mean of
  // both, and so does a network that has not begun to learn.
  constexpr std::int64_t count = 20000;
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(5);
  const auto draw = [&](std::uint64_t seed, bool large) {
    const auto free = testing::free_field(lattice, theory, seed, count / 2);
    const auto sign = 2 * torch::randint(0, 2, {count / 2, 1, 1, 1}, generator) - 1;
    return (large ? 0.8 : 0.1) * sign + (large ? 0.5 : 1.3) * (free - free.mean({2, 3}, true));
  };
  const auto fields = torch::cat({draw(3, false), draw(4, true)}).to(torch::kFloat);
  Phi4Knowledge known = knowledge();
  known.symmetric = true;
  known.moments = measure_moments(fields, true, std::nullopt);
  Model fresh = model(known, 3);
  ASSERT_TRUE(fit_correction(fresh, {{lattice}, fields, options()}, 1, 0, 200, 256, {}));
  for (const bool large : {false, true}) {
    const auto x1 = draw(large ? 6 : 7, large).to(torch::kFloat);
    const Pair pair = testing::scalar_pair(torch::full({count / 2}, 0.5F), 2);
    const auto signal = pair.beta(interpolate(pair, torch::randn(x1.sizes(), generator), x1));
    const auto W = gaussian_estimate(known.moments, pair, signal).field;
    const auto missed = [&](bool corrected) {
      const auto products = prior_of(fresh).shell_products(W, fresh.posterior_mean(0, corrected)(pair, signal) - x1);
      return (products.sum() / prior_of(fresh).shell_products(W, W).sum()).abs().item<double>();
    };
    EXPECT_GT(missed(false), 0.1) << large;
    EXPECT_LT(missed(true), missed(false) / 5) << large;
  }
}

TEST(Regression, ThereIsNoMeanCorrectionWithoutMultiplesOfTheIdentity) {
  Phi4Knowledge known = knowledge();
  const auto fields = testing::free_field(lattice, theory, 3, 100);
  known.moments.magnetisation = measure_moments(fields, true, std::nullopt).magnetisation;
  Model modes = model(known, 3, "fourier");
  EXPECT_TRUE(fit_correction(modes, {{lattice}, fields, {.families = modes.description().families}}, 1, 0, 1, 16, {}));
  EXPECT_FALSE(prior_of(modes).knowledge().correction.known());
}

} // namespace
} // namespace stint
