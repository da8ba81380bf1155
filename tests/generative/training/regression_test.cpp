#include "generative/training/regression.hpp"

#include "generative/phi4/estimate.hpp"

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
    const Batch batch = {{Family::fourier, {pair, pair.beta(interpolate(pair, noise, x1))}, x1, {}}};
    const auto losses = regression_losses(gaussian, batch);
    EXPECT_LT(std::abs(testing::z_score(losses, 1)), 4) << low;
    // Five real modes of unit variance: 2/5 with weight 1, a little less with what waits.
    EXPECT_NEAR(losses.var().item<double>(), low ? 2 * (1 / 5.0) / 1.2 / 1.2 : 2 / 5.0, 0.03) << low;
  }
}

TEST(Regression, CalibrationTakesOffWhatTheNetworkMisses) {
  // Of a free field W is the answer, and of a random network both means are off: after calibration they are not, on
  // samples that it has not seen, at h and k2 too.
  constexpr double field = 0.1, quadratic = -0.1;
  const auto fields = testing::free_field(lattice, theory, 3, 20000);
  ModelDescription description = model().description();
  description.quadratic_range = 0.2;
  description.moments.magnetisation = measure_moments(fields, true, std::nullopt).magnetisation;
  Model off(description, 3);
  const torch::NoGradGuard constant;
  std::uint32_t index = 0;
  for (auto& parameter : off.network()->parameters()) {
    Stream{1, Purpose::parameters, 100 + index++}.normals(
        std::span<float>(parameter.data_ptr<float>(), static_cast<std::size_t>(parameter.numel())));
    parameter.mul_(0.15);
  }
  const TrainingLaw law(lattice, fields, {.symmetric = true, .field_range = 0.2, .quadratic_range = 0.2});
  EXPECT_FALSE(calibrate(off, law, 1, 100, 200, 256, {}, [](std::int64_t done) { return done < 2; }).has_value());
  off.set_calibration(calibrate(off, law, 1, 100, 200, 256, {}).value());

  // Of data tilted by h and k2, seen at one level: <eta1 - W> and <z (eta1 - W)> of
  // the zero mode, z that of W, and <W^* (eta1 - W)> of the others.
  constexpr std::int64_t count = 20000;
  const auto noise = torch::randn({count, 8, 8}, at::make_generator<at::CPUGeneratorImpl>(5));
  const auto missed = [&](double h, double k2, bool calibrated) {
    const auto x1 = testing::free_field(lattice, {.mass2 = 0.5, .field = h, .quadratic = k2}, 7, count);
    const Pair pair = testing::scalar_pair(torch::full({count}, 0.55F), 2);
    const auto o = observe(pair, interpolate(pair, noise, x1), {.quadratic = 2 * k2, .source = torch::tensor(h)});
    const auto exact = gaussian_estimate(model().description().moments, o.pair, o.signal).field;
    const auto error = off.posterior_mean(k2, calibrated)(o.pair, o.signal) - exact;
    const auto mean = [](const torch::Tensor& values) { return values.mean().abs().item<double>(); };
    const auto of_zero_mode = error.flatten(1).mean(1), z = exact.flatten(1).mean(1);
    return std::pair{mean(of_zero_mode) + mean((z - z.mean()) / z.std() * of_zero_mode),
                     mean(off.shell_products(exact, error).sum(1))};
  };
  const auto [zero_before, waves_before] = missed(0, 0, false);
  const auto [zero, waves] = missed(0, 0, true);
  EXPECT_LT(zero, zero_before / 10);
  EXPECT_LT(waves, waves_before / 10);
  EXPECT_LT(missed(field, quadratic, true).first, missed(field, quadratic, false).first / 5);
}

TEST(Regression, CalibrationKnowsThatWavesDependOnTheMagnetisation) {
  // Half of the data have a small |M| and strong waves, the others a large one and weak waves: W takes the mean of
  // both, and so does a network that has not begun to learn.
  constexpr std::int64_t count = 20000;
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(5);
  const auto draw = [&](std::uint64_t seed, bool large) {
    const auto free = testing::free_field(lattice, theory, seed, count / 2);
    const auto sign = 2 * torch::randint(0, 2, {count / 2, 1, 1}, generator) - 1;
    return (large ? 0.8 : 0.1) * sign + (large ? 0.5 : 1.3) * (free - free.mean({1, 2}, true));
  };
  const auto fields = torch::cat({draw(3, false), draw(4, true)}).to(torch::kFloat);
  ModelDescription description = model().description();
  description.symmetric = true;
  description.moments = measure_moments(fields, true, std::nullopt);
  Model fresh(description, 3);
  fresh.set_calibration(calibrate(fresh, {lattice, fields, {.symmetric = true}}, 1, 0, 200, 256, {}).value());
  for (const bool large : {false, true}) {
    const auto x1 = draw(large ? 6 : 7, large).to(torch::kFloat);
    const Pair pair = testing::scalar_pair(torch::full({count / 2}, 0.5F), 2);
    const auto signal = pair.beta(interpolate(pair, torch::randn(x1.sizes(), generator), x1));
    const auto W = gaussian_estimate(description.moments, pair, signal).field;
    const auto missed = [&](bool calibrated) {
      const auto products = fresh.shell_products(W, fresh.posterior_mean(0, calibrated)(pair, signal) - x1);
      return (products.sum() / fresh.shell_products(W, W).sum()).abs().item<double>();
    };
    EXPECT_GT(missed(false), 0.1) << large;
    EXPECT_LT(missed(true), missed(false) / 5) << large;
  }
}

TEST(Regression, ThereIsNoCalibrationWithoutMultiplesOfTheIdentity) {
  ModelDescription description = model().description();
  const auto fields = testing::free_field(lattice, theory, 3, 100);
  description.moments.magnetisation = measure_moments(fields, true, std::nullopt).magnetisation;
  description.families = FamilyWeights::parse("fourier");
  Model modes(description, 3);
  EXPECT_FALSE(calibrate(modes, {lattice, fields, {.families = description.families}}, 1, 0, 1, 16, {})->known());
}

} // namespace
} // namespace stint
