#include "generative/solvers/solver.hpp"

#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

Drift free_field_drift(const Geometry& lattice, const Phi4& theory) {
  return make_drift([law = free_field_law(lattice, theory)](const Pair& pair, const torch::Tensor& signal) {
    return law.posterior_mean(pair, signal);
  });
}

/// What a linear flow makes of a field that has all modes with amplitude 1.
torch::Tensor amplitudes(const Drift& drift, const Geometry& lattice, const Knots& way, const SolverOptions& options) {
  auto delta = torch::zeros(Layout{lattice}.shape(1), torch::kDouble);
  delta[0][0][0][0] = 1;
  return torch::real(torch::fft::fftn(solve(drift, delta, way, options).x, std::nullopt, {2, 3}))[0][0];
}

/// A way of a family with log(alpha/beta) from about 3 to about -3 in equal steps, everywhere between noise and data.
Knots interior_way(const Basis& basis, const torch::Tensor& offsets, int steps) {
  return {steps, [=](std::int64_t i) {
            const auto alpha = torch::sigmoid(offsets + 3 - 6 * static_cast<double>(i) / static_cast<double>(steps));
            return Pair{Operator::diagonal(basis, alpha), Operator::diagonal(basis, 1 - alpha)};
          }};
}

TEST(Solver, ConvergesWithItsOrder) {
  // The law at the end from that at the beginning, both known; the measured orders are properties of the test.
  const testing::FreeField field{Geometry({4, 4}), {.mass2 = 0.5, .field = 0.3}};
  const auto x = torch::arange(16, torch::kDouble).reshape({4, 4});
  const auto spectrum = field.law.covariance().values();
  struct Family {
    const char* name;
    Basis basis;
    torch::Tensor offsets;
  };
  const std::vector<Family> families = {{"scalar", Basis::any(), torch::zeros({}, torch::kDouble)},
                                        {"site", Basis::site(), 0.7 * torch::sin(3 * x)},
                                        {"Fourier", Basis::fourier(), 0.5 * spectrum.log()},
                                        {"blocks", Basis::blocks(2), 0.7 * torch::cos(2 * x)}};
  struct Claim {
    const char* name;
    SolverOptions solver;
    int steps;
    double order, surplus; ///< how much faster errors may still fall at so few steps
  };
  const std::vector<Claim> claims = {
      {"euler", {.method = Method::euler}, 100, 1, 0.1}, {"heun", {.method = Method::heun}, 50, 2, 0.1},
      {"rk4", {.method = Method::rk4}, 40, 4, 0.3},      {"multistep", {}, 40, 4, 0.7},
      {"sde", {.method = Method::sde}, 50, 1, 0.1},      {"sde2", {.method = Method::sde2, .noise = 2}, 50, 2, 0.9}};
  for (const auto& [family, basis, offsets] : families)
    for (const auto& [name, solver, steps, order, surplus] : claims) {
      const auto error = [&, &the_basis = basis, &the_offsets = offsets, &the_solver = solver](int count) {
        const auto way = interior_way(the_basis, the_offsets, count);
        return field.error(testing::law_of(field.oracle(), field.lattice, field.start(way.at(0)), way, the_solver),
                           field.interpolant(way.at(count)));
      };
      const double measured = std::log2(error(steps) / error(2 * steps));
      RecordProperty(std::string(family) + ", " + name, std::to_string(measured));
      EXPECT_GT(measured, order - 0.25) << family << ", " << name;
      EXPECT_LT(measured, order + surplus) << family << ", " << name;
    }
}

TEST(Solver, ThirtyTwoMultistepStepsAreWithin3PerMilleFromTheShortestToTheLongestScale) {
  // Modes with P(p) = 0.06 to 26, the range of phi^4 at L = 32, m2 = -4, lambda = 4.572; white noise has amplitude 1 in
  // each.
  const Geometry lattice({8, 8});
  const auto drift = free_field_drift(lattice, {.mass2 = 0.0194});
  const auto spectrum = free_field_law(lattice, {.mass2 = 0.0194}).covariance().values();
  const auto error = [&](Method method, int steps) {
    const auto way = knots(generation().path, testing::log_ratio(steps));
    return (amplitudes(drift, lattice, way, {.method = method}).square() / spectrum - 1).abs().max().item<double>();
  };
  EXPECT_LT(error(Method::multistep, 32), 0.003);
  EXPECT_GT(error(Method::heun, 16), 0.02); // as many evaluations
}

TEST(Solver, ExponentialMethodsAreExactForGaussianDataWithTheirSpectrum) {
  // Whatever the steps, the mean and the tilt, if only the reference has the spectrum of the law that is sampled.
  const testing::FreeField field{Geometry({4, 4}), {.mass2 = 0.5, .field = 0.3}};
  const Tilt tilt{.A = -0.4, .b = torch::tensor(0.2, torch::kDouble)};
  const auto tilted = field.law.tilted(tilt);
  const testing::AffineLaw exact{tilted.means()[0].flatten(), testing::matrix_of(tilted.covariance(), field.lattice)};
  for (const auto& task : {generation(), generation(Curve::trigonometric), multiscale({field.lattice}, 3, 0.25)})
    for (const auto& schedule : {Schedule::uniform(1), Schedule::uniform(5), testing::log_ratio(4)})
      for (const SolverOptions& solver : {SolverOptions{}, SolverOptions{.method = Method::sde},
                                          SolverOptions{.method = Method::sde2, .noise = 0.3}}) {
        auto options = solver;
        options.reference = tilted.covariance();
        const auto found = testing::law_of(field.drift(tilt), field.lattice, task, schedule, options);
        EXPECT_LT(field.error(found, exact), 1e-10) << schedule.steps() << " steps";
      }
}

/// Root mean square over all sites.
double distance(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).square().mean().sqrt().item<double>();
}

/// A law with two phases on 4x4, its drift, and its spectrum.
struct TwoPhases {
  Geometry lattice{{4, 4}};
  GaussianMixture law{free_field_law(lattice, {.mass2 = 0.5}).covariance(),
                      torch::stack({torch::full({1, 4, 4}, 0.6), torch::full({1, 4, 4}, -0.6)}),
                      torch::tensor({0.5, 0.5})};
  Drift drift = make_drift([l = law](const Pair& pair, const torch::Tensor& y) { return l.posterior_mean(pair, y); });

  Operator spectrum() const {
    auto values = law.covariance().values().clone();
    values[0][0] += 16 * 0.6 * 0.6;
    return Operator::diagonal(Basis::fourier(), values);
  }

  /// What the flow makes of some fields.
  torch::Tensor flow(const Task& task, const Schedule& schedule, const SolverOptions& options) const {
    const auto x0 = torch::sin(torch::arange(320, torch::kDouble).square()).reshape({20, 1, 4, 4}) * std::sqrt(2.0);
    return solve(drift, x0, knots(task.path, schedule), options).x;
  }

  torch::Tensor exact_flow(const Task& task) const {
    return flow(task, Schedule::uniform(100), {.method = Method::rk4});
  }
};

TEST(Solver, MultistepConvergesForALawWithTwoPhases) {
  const TwoPhases phases;
  for (const auto& [name, task] : {std::pair{"generate", generation()},
                                   {"columns", sequential(column_order(phases.lattice, 2))},
                                   {"coarse to fine", multiscale({phases.lattice}, 2)}}) {
    const auto exact = phases.exact_flow(task);
    for (const Operator& reference : {phases.spectrum(), Operator(1)}) {
      const auto error = [&, &the_task = task](int steps) {
        return distance(phases.flow(the_task, Schedule::uniform(steps), {.reference = reference}), exact);
      };
      const double coarse = error(24), fine = error(48);
      EXPECT_GT(std::log2(coarse / fine), 2.7) << name;
      EXPECT_LT(fine, 1e-4) << name;
    }
  }
}

TEST(Solver, TheSpectrumSavesSteps) {
  const TwoPhases phases;
  const auto spectrum = phases.spectrum();
  const auto schedule = Schedule::scales(8, spectrum.values());
  const auto exact = phases.exact_flow(generation());
  const double with = distance(phases.flow(generation(), schedule, {.reference = spectrum}), exact),
               without = distance(phases.flow(generation(), schedule, {}), exact);
  EXPECT_LT(with, 0.01);
  EXPECT_LT(with, 0.5 * without);
}

TEST(Solver, DormandPrinceKeepsItsTolerance) {
  const Geometry lattice({4, 4});
  const auto drift = free_field_drift(lattice, {.mass2 = 0.5});
  const auto spectrum = free_field_law(lattice, {.mass2 = 0.5}).covariance().values();
  const auto error = [&](double tolerance) {
    const auto found = amplitudes(drift, lattice, knots(generation().path, Schedule::uniform(1)),
                                  {.method = Method::dopri5, .tolerance = tolerance});
    return (found - spectrum.sqrt()).abs().max().item<double>();
  };
  EXPECT_LT(error(1e-4), 1e-2);
  EXPECT_LT(error(1e-8), 1e-6);
}

TEST(Solver, MultistepIsBetterThanHeunForTheSameEvaluations) {
  const Geometry lattice({4, 4});
  const auto drift = free_field_drift(lattice, {.mass2 = 0.5});
  const auto spectrum = free_field_law(lattice, {.mass2 = 0.5}).covariance().values();
  const auto error = [&](Method method, int steps) {
    const auto way = knots(generation().path, testing::log_ratio(steps));
    return (amplitudes(drift, lattice, way, {.method = method}).square() / spectrum - 1).abs().max().item<double>();
  };
  EXPECT_LT(error(Method::multistep, 32), 0.1 * error(Method::heun, 16));
}

TEST(Solver, SdeGoesTowardsDataOnly) {
  const Geometry lattice({4, 4});
  const auto drift = free_field_drift(lattice, {.mass2 = 0.5});
  const auto way = reversed(knots(generation().path, testing::log_ratio(8)));
  const StepNoise noise = [](std::int64_t, const torch::Tensor& like) { return torch::zeros_like(like); };
  const auto x = torch::ones({1, 1, 4, 4});
  EXPECT_THROW(solve(drift, x, way, {.method = Method::sde2}, noise), std::invalid_argument);
  EXPECT_THROW(solve(drift, x, reversed(way), {.method = Method::sde2}), std::invalid_argument); // no noise
  EXPECT_NO_THROW(solve(drift, x, way, {.method = Method::sde2, .noise = 0}));
  EXPECT_THROW(solve(drift, x, way, {.method = Method::sde2, .noise = -1}), std::invalid_argument);
}

TEST(Solver, CountsItsEvaluations) {
  const Geometry lattice({4, 4});
  const auto drift = free_field_drift(lattice, {.mass2 = 0.5});
  const auto evaluations = [&](const Task& task, Method method) {
    const StepNoise noise = [](std::int64_t, const torch::Tensor& like) { return torch::zeros_like(like); };
    return solve(drift, torch::ones({2, 1, 4, 4}), knots(task.path, testing::log_ratio(10)), {.method = method}, noise)
        .evaluations;
  };
  EXPECT_EQ(evaluations(generation(), Method::euler), 10);
  EXPECT_EQ(evaluations(generation(), Method::rk4), 40);
  // At pure noise one of the two configurations is evaluated for both.
  EXPECT_EQ(evaluations(generation(), Method::sde), 9.5);
  EXPECT_EQ(evaluations(generation(), Method::sde2), 9.5);
  EXPECT_EQ(evaluations(generation(), Method::multistep), 9.5);
  EXPECT_EQ(evaluations(sequential(block_order(lattice, 2)), Method::multistep), 39.5);
}

TEST(Solver, RefusesUnknownNames) { EXPECT_THROW(parse_method("rk5"), std::invalid_argument); }

TEST(Schedule, GoesFromNoiseToDataInEqualStepsOfTheLogarithm) {
  const auto levels = testing::log_ratio(6).level(torch::arange(7), torch::tensor({1.0, 0.5, 0.0}).reshape({3, 1}));
  const auto generate = levels[0], denoise = levels[1];
  EXPECT_EQ(generate[0].item<double>(), 1);
  EXPECT_EQ(generate[6].item<double>(), 0);
  EXPECT_EQ(denoise[0].item<double>(), 0.5);
  EXPECT_EQ(denoise[6].item<double>(), 0);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_NEAR(generate[i].logit().item<double>(), testing::log_ratio_range * (3 - i) / 2, 1e-12);
    EXPECT_NEAR(denoise[i].logit().item<double>(), -testing::log_ratio_range * i / 5, 1e-12);
  }
  EXPECT_EQ(levels[2].abs().max().item<double>(), 0); // data stay data
  EXPECT_THROW(testing::log_ratio(2), std::invalid_argument);
}

TEST(Schedule, StepsForTheScalesOfASpectrumHaveEqualLengths) {
  const auto spectrum = torch::tensor({0.06, 1.0, 26.0}, torch::kDouble);
  const auto levels = Schedule::scales(6, spectrum).level(torch::arange(7), torch::ones({}, torch::kDouble));
  EXPECT_EQ(levels[0].item<double>(), 1);
  EXPECT_EQ(levels[6].item<double>(), 0);
  // dR / sqrt((1 + 26 R^2)(1 + 0.06 R^2)) with R = tan(x), by the midpoint rule.
  const auto length = [&](int i) {
    const double from = std::atan(1 / levels[i].item<double>() - 1),
                 to = std::atan(1 / levels[i + 1].item<double>() - 1);
    double sum = 0;
    for (int j = 0; j < 2000; ++j) {
      const double x = from + (to - from) * (j + 0.5) / 2000, c = std::cos(x) * std::cos(x),
                   s = std::sin(x) * std::sin(x);
      sum += (to - from) / 2000 / std::sqrt((c + 26 * s) * (c + 0.06 * s));
    }
    return sum;
  };
  for (int i = 1; i < 6; ++i)
    EXPECT_NEAR(length(i), length(0), 1e-6);
  const auto white =
      Schedule::scales(2, torch::full({4}, 4.0)).level(torch::arange(3), torch::ones({}, torch::kDouble));
  EXPECT_NEAR(white[1].item<double>(), 2.0 / 3, 1e-14); // R = 1/2
  EXPECT_THROW(Schedule::scales(4, torch::zeros({4})), std::invalid_argument);
  EXPECT_EQ(Schedule::parse("scales", 4, spectrum, 5).steps(), 4);
}

} // namespace
} // namespace stint
