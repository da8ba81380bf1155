// Weights in the space of paths: exact whatever the drift, equal where the drift is that of Gaussian data.

#include "generative/path_sampler.hpp"
#include "generative/phi4/action.hpp"
#include "generative/solvers/weights.hpp"

#include "tests/generative/fixtures.hpp"
#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

using testing::FreeField;

const FreeField free_field{Geometry({4, 4}), {.mass2 = 0.5, .field = 0.3}};
const Geometry& lattice = free_field.lattice;
const RealCoordinates modes(Basis::fourier());

StepNoise white(std::int64_t seed) {
  return [seed](std::int64_t step, const torch::Tensor& like) {
    torch::manual_seed(1000 * seed + step);
    return torch::randn(like.sizes(), torch::kDouble);
  };
}

torch::Tensor white_fields(std::int64_t count, std::int64_t seed) {
  return white(seed)(-1, torch::empty({count, 1, 4, 4}));
}

PosteriorVariance gaussian_variance(const torch::Tensor& spectrum) {
  return {[spectrum](std::int64_t, const Pair& pair) { return gaussian_posterior_variance(spectrum, pair); }};
}

double spread(const torch::Tensor& log_weight) { return log_weight.std().item<double>(); }

/// An average with weights, and how many of its standard errors it is off `expected`.
double weighted_z(const torch::Tensor& log_weight, const torch::Tensor& values, double expected) {
  const auto w = (log_weight - log_weight.max()).exp();
  const double mean = ((w * values).sum() / w.sum()).item<double>();
  return (mean - expected) * w.sum().item<double>() / (w * (values - mean)).square().sum().sqrt().item<double>();
}

/// The mean of w against exp(log_z).
double log_z_score(const torch::Tensor& log_weight, double log_z) {
  return testing::z_score((log_weight - log_z).exp(), 1);
}

TEST(RealCoordinates, AreOrthonormalAndReal) {
  const auto fields = white_fields(3, 1);
  for (const Basis& basis : {Basis::any(), Basis::site(), Basis::fourier(), Basis::cosine(), Basis::blocks(2)}) {
    const RealCoordinates coordinates(basis);
    const auto c = coordinates.of(fields);
    EXPECT_TRUE(torch::allclose(c.square().sum(), fields.square().sum(), 1e-12)) << basis.text();
    EXPECT_TRUE(torch::allclose(coordinates.fields(c), fields, 0, 1e-12)) << basis.text();
  }
  // Operators of the Fourier basis are diagonal.
  const auto& covariance = free_field.law.covariance();
  EXPECT_TRUE(torch::allclose(modes.of(covariance(fields)), covariance.values() * modes.of(fields), 0, 1e-12));
}

TEST(PathWeights, OfGaussianDataAreAllEqualAndTheirMeanIsZ) {
  const Phi4 with_tilt{.mass2 = 0.5, .field = 0.2, .quadratic = -0.3};
  for (const Phi4& theory : {free_field.theory, with_tilt}) {
    // The drift of the tilted law is that of mass2 = 0.5 at h = 0 with a tilt.
    const FreeField untilted{lattice, {.mass2 = 0.5}}, exact{lattice, theory};
    const auto drift = untilted.drift({.A = 2 * theory.quadratic, .b = torch::tensor(theory.field, torch::kDouble)});
    const auto spectrum = exact.law.covariance().values();
    const auto zero = torch::zeros({1, 1, 4, 4}, torch::kDouble);
    const double log_z = (-phi4_action(theory, zero) - exact.law.log_density(zero)).item<double>();
    for (const int steps : {1, 2, 7, 40})
      for (const Task& task : {generation(), generation(Curve::trigonometric), multiscale({lattice}, 3, 0.4)}) {
        const auto path = weighted_path(drift, white_fields(6, 2), knots(task.path, Schedule::uniform(steps)), modes,
                                        gaussian_variance(spectrum), white(steps));
        const auto log_weight = -phi4_action(theory, path.x) + path.log_ratio;
        EXPECT_LT(spread(log_weight), 1e-9) << steps;
        EXPECT_NEAR(log_weight.mean().item<double>(), log_z, 1e-9) << steps;
        EXPECT_GT(path.x.std().item<double>(), 0.1);
      }
  }
}

TEST(PathWeights, OfAMixtureHaveTheMeanZAndGiveItsMoments) {
  const auto covariance = Operator::diagonal(Basis::fourier(), free_field.law.covariance().values() / 4);
  const auto shape = torch::ones({1, 4, 4}, torch::kDouble);
  auto wave = shape.clone();
  wave.slice(1, 0, 4, 2) *= -1;
  const GaussianMixture law(covariance, torch::stack({0.6 * shape, -0.9 * shape, 0.7 * wave}),
                            torch::tensor({0.5, 0.3, 0.2}, torch::kDouble));
  const auto path = weighted_path(law.drift(), white_fields(4000, 3), knots(generation().path, testing::log_ratio(24)),
                                  modes, gaussian_variance(covariance.values() + 0.2), white(3));
  const auto log_weight = law.log_density(path.x) + path.log_ratio;
  EXPECT_GT(spread(log_weight), 0.1); // variances are not those of the mixture
  EXPECT_LT(std::abs(log_z_score(log_weight, 0)), 4);
  const auto field = path.x.flatten(1).mean(1);
  EXPECT_LT(std::abs(weighted_z(log_weight, field, 0.5 * 0.6 - 0.3 * 0.9)), 4);
  const double phi2 = 0.5 * 0.36 + 0.3 * 0.81 + 0.2 * 0.49 + covariance.values().mean().item<double>();
  EXPECT_LT(std::abs(weighted_z(log_weight, path.x.square().flatten(1).mean(1), phi2)), 4);
}

TEST(PathWeights, AreExactWhateverTheVarianceOfSites) {
  auto variance = gaussian_variance(free_field.law.covariance().values());
  variance.of_sites = [](std::int64_t, const torch::Tensor& eta1) { return 1 + 0.5 * eta1.tanh(); };
  const auto path = weighted_path(free_field.drift(), white_fields(8000, 5),
                                  knots(generation().path, testing::log_ratio(10)), modes, variance, white(5));
  const auto log_weight = free_field.law.log_density(path.x) + path.log_ratio;
  EXPECT_GT(spread(log_weight), 0.1);
  EXPECT_LT(std::abs(log_z_score(log_weight, 0)), 4);
  EXPECT_LT(std::abs(weighted_z(log_weight, path.x.square().flatten(1).mean(1),
                                free_field_moments(lattice, free_field.theory).phi2)),
            4);
}

Sampler sampler_of(const FreeField& source, const Task& task, int steps) {
  return {.drift = source.drift(),
          .layout = {lattice},
          .task = task,
          .schedule = testing::log_ratio(steps),
          .solver = {.reference = source.law.covariance()}};
}

TEST(PathWeights, RepairAWrongDrift) {
  const FreeField wrong{lattice, {.mass2 = 0.8}};
  const Phi4 target{.mass2 = 1};
  const auto result = PathSampler(sampler_of(wrong, generation(), 20), 5)(0, 8000);
  const auto log_weight = -phi4_action(target, result.configurations) - result.log_density;
  const auto phi2 = result.configurations.to(torch::kDouble).square().flatten(1).mean(1);
  const double exact = free_field_moments(lattice, target).phi2;
  EXPECT_GT(std::abs(testing::z_score(phi2, exact)), 10);
  EXPECT_LT(std::abs(weighted_z(log_weight, phi2, exact)), 4);
  const auto zero = torch::zeros({1, 1, 4, 4}, torch::kDouble);
  const FreeField right{lattice, target};
  const double log_z = (-phi4_action(target, zero) - right.law.log_density(zero)).item<double>();
  EXPECT_LT(std::abs(log_z_score(log_weight, log_z)), 4);
}

TEST(PathWeights, OfTheConditionalGivenSites) {
  const auto known = parse_mask("block:2x3@3,1", lattice, 0);
  const auto missing = (~known).flatten().nonzero().flatten();
  const auto observed = free_field.observed().to(torch::kFloat);
  const auto H = known.to(torch::kDouble).flatten().diag();
  const auto conditional =
      testing::posterior(free_field.exact, H, torch::zeros_like(H), H.mv(observed.to(torch::kDouble).flatten()));
  // exp(-S) at the conditional mean over its density there.
  const auto at = conditional.mean.reshape({1, 1, 4, 4});
  const auto c = conditional.covariance.index_select(0, missing).index_select(1, missing);
  const double log_z = -phi4_action(free_field.theory, at).item<double>() +
                       std::get<1>(torch::linalg_slogdet(2 * M_PI * c)).item<double>() / 2;
  // With its own variances all weights are equal: given the rest, modes of the missing sites are independent.
  const auto& covariance = free_field.law.covariance();
  const auto rotated = RealCoordinates::inpainting(~known, covariance);
  const auto start = start_state(inpainting(known), white_fields(5, 4), observed.to(torch::kDouble));
  for (const int steps : {1, 7}) {
    const auto path = weighted_path(free_field.drift(), start, knots(inpainting(known).path, Schedule::uniform(steps)),
                                    rotated, gaussian_variance(rotated.variances(covariance, {4, 4})), white(steps));
    const auto equal = -phi4_action(free_field.theory, path.x) + path.log_ratio;
    EXPECT_LT(spread(equal), 1e-8) << steps;
    EXPECT_NEAR(equal.mean().item<double>(), log_z, 1e-8) << steps;
    EXPECT_TRUE(torch::equal(path.x.masked_select(known), start.masked_select(known)));
  }
  for (const Task& task : {inpainting(known), sequential(column_order(lattice, 2), 0.5, known)}) {
    const auto result = PathSampler(sampler_of(free_field, task, 24), 6, observed)(0, 4000);
    EXPECT_TRUE(torch::equal(result.configurations.masked_select(known), observed.masked_select(known).repeat(4000)));
    const auto log_weight = -phi4_action(free_field.theory, result.configurations) - result.log_density;
    EXPECT_LT(std::abs(log_z_score(log_weight, log_z)), 4);
    const auto fields = result.configurations.to(torch::kDouble).flatten(1).index_select(1, missing);
    const auto mean = conditional.mean.index_select(0, missing);
    EXPECT_LT(std::abs(weighted_z(log_weight, fields.mean(1), mean.mean().item<double>())), 4);
    EXPECT_LT(
        std::abs(weighted_z(log_weight, fields.square().mean(1), (mean.square() + c.diag()).mean().item<double>())), 4);
  }
}

TEST(PathWeights, VariancesAreMeasured) {
  // Against the wrong reference: the product of base and ratio is the posterior variance of the right law.
  const auto exact = free_field.law.covariance().values();
  const auto way = knots(generation().path, testing::log_ratio(12));
  const auto wrong = exact.pow(0.8);
  const auto x1 = testing::free_field(lattice, free_field.theory, 3, 4000).to(torch::kDouble);
  const auto measured = measured_variance(free_field.drift(), way, modes, wrong, x1, white(7), {.groups = 16});
  for (const std::int64_t k : {0, 6, 11}) {
    const auto ratio = measured.of_coordinates(k, way.at(k)) / gaussian_posterior_variance(exact, way.at(k));
    EXPECT_LT(((ratio - 1) * std::sqrt(4000.0 / 2)).abs().max().item<double>(), 4) << k;
    // Of Gaussian data it is the same whatever the mean.
    EXPECT_LT((measured.of_sites(k, x1) - 1).abs().median().item<double>(), 0.02) << k;
  }
}

TEST(PathWeights, DoNotDependOnBatches) {
  const PathSampler sampler(sampler_of(free_field, generation(), 9), 8, {}, {.trials = 8});
  const auto all = sampler(0, 6), part = sampler(2, 3);
  EXPECT_TRUE(torch::allclose(all.configurations.narrow(0, 2, 3), part.configurations, 0, 1e-5));
  EXPECT_TRUE(torch::allclose(all.log_density.narrow(0, 2, 3), part.log_density, 0, 1e-3));
  EXPECT_GT(spread(all.log_density), 1);
}

TEST(PathWeights, AreForWaysFromNoiseToData) {
  const auto way = reversed(knots(generation().path, Schedule::uniform(3)));
  EXPECT_THROW(weighted_path(free_field.drift(), white_fields(1, 1), way, modes,
                             gaussian_variance(free_field.law.covariance().values()), white(1)),
               std::invalid_argument);
  const Sampler noisy = sampler_of(free_field, inpainting(parse_mask("block:2x3@3,1", lattice, 0), 0.3), 9);
  EXPECT_THROW(PathSampler(noisy, 1, free_field.observed()), std::invalid_argument);
}

} // namespace
} // namespace stint
