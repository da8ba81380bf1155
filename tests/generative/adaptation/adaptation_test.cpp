// Paths found after training: costs of Gaussian laws in closed form, choices of knots against all choices, gradients
// against differences.

#include "generative/adaptation/action.hpp"
#include "generative/adaptation/dynamic_knots.hpp"
#include "generative/adaptation/embedded_steps.hpp"
#include "generative/adaptation/learned_levels.hpp"
#include "generative/adaptation/solver_error.hpp"
#include "generative/sampler.hpp"
#include "generative/solvers/exponential_step.hpp"

#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

const testing::FreeField free_field{Geometry({6, 6}), {.mass2 = 0.15}};
const Operator& covariance() { return free_field.law.covariance(); }

/// Noise and data whose second moments are exactly those of the law, so that means of squares have no error: unit
/// fields times sqrt(V), with both signs of the data.
struct ExactPairs {
  torch::Tensor x0, x1;

  ExactPairs() {
    const auto unit = testing::unit_fields(free_field.lattice) * std::sqrt(free_field.lattice.volume());
    const auto data = covariance().root()(unit);
    x0 = torch::cat({unit, unit});
    x1 = torch::cat({data, -data});
  }
};

double total(const torch::Tensor& values) { return values.sum().item<double>(); }

torch::Tensor squared_steps_of(const LevelGroups& groups, const torch::Tensor& levels) {
  const ExactPairs pairs;
  const auto path = generation(Curve::trigonometric).path;
  return squared_steps(free_field.drift(), knots(path, groups.schedule(levels)), pairs.x0, pairs.x1).mean(1);
}

/// Of at least as many shells as there are different variances: one for each.
LevelGroups every_mode() { return LevelGroups::shells(covariance(), 100000); }

TEST(Levels, AreMonotoneAndComeFromTheirParameters) {
  const auto parameters = torch::randn({5, 3}, torch::kDouble);
  const auto levels = levels_of(parameters);
  EXPECT_EQ(levels.sizes(), (std::vector<std::int64_t>{6, 3}));
  EXPECT_TRUE((levels.diff(1, 0) < 0).all().item<bool>());
  EXPECT_EQ(total(levels[0]), 3);
  EXPECT_EQ(total(levels[5].abs()), 0);
  EXPECT_LT((levels_of(parameters_of(levels)) - levels).abs().max().item<double>(), 1e-12);
}

TEST(Levels, OfGroupsReachTheirCoordinates) {
  const auto shells = LevelGroups::shells(covariance(), 3);
  EXPECT_EQ(shells.count, 3);
  const auto levels = torch::tensor({{1.0, 1.0, 1.0}, {0.1, 0.5, 0.9}, {0.0, 0.0, 0.0}}, torch::kDouble);
  const Pair pair = generation().path.at(0.5, shells.schedule(levels));
  EXPECT_EQ(pair.alpha.basis(), Basis::fourier());
  const auto& variance = covariance().values();
  EXPECT_EQ(pair.alpha.values()[0][0].item<double>(), 0.1); // the zero mode has the largest variance
  EXPECT_EQ(pair.alpha.values()[3][3].item<double>(), 0.9);
  // The larger the variance, the lower the group.
  const auto order = variance.flatten().argsort();
  EXPECT_TRUE((shells.group.flatten().index_select(0, order).diff() <= 0).all().item<bool>());

  const auto blocks = LevelGroups::blocks(free_field.lattice, 3);
  EXPECT_EQ(blocks.count, 4);
  EXPECT_EQ(blocks.basis, Basis::site());
  // Site paths cannot follow modes.
  const auto known = torch::zeros({6, 6}, torch::kBool);
  EXPECT_THROW(inpainting(known).path.at(0, shells.schedule(levels)), std::invalid_argument);
}

TEST(Levels, OfASchedule) {
  const auto schedule = Schedule::of_levels(torch::tensor({1.0, 0.6, 0.2, 0.0}, torch::kDouble));
  EXPECT_EQ(schedule.steps(), 3);
  EXPECT_TRUE(schedule.at_times(torch::tensor({0.0, 0.5, 3.0}, torch::kDouble))
                  .levels()
                  .allclose(torch::tensor({1.0, 0.8, 0.0}, torch::kDouble)));
  for (const auto& wrong :
       {torch::tensor({1.0, 0.2, 0.6, 0.0}, torch::kDouble), torch::tensor({0.9, 0.0}, torch::kDouble),
        torch::tensor({1.0, 0.1}, torch::kDouble), torch::tensor({1.0, std::nan(""), 0.0}, torch::kDouble)})
    EXPECT_THROW(Schedule::of_levels(wrong), std::invalid_argument);
}

TEST(Action, OfTheBestPathIsTheSquaredWassersteinDistance) {
  const double distance2 = total((covariance().values().sqrt() - 1).square());
  constexpr int steps = 32;
  const auto modes = every_mode();
  const auto best =
      squared_steps_of(modes, gaussian_levels(modes, covariance().values(), Cost::action, Curve::trigonometric, steps));
  EXPECT_NEAR(steps * total(best) / distance2, 1, 0.01);
  const double length = total(best.sqrt());
  EXPECT_NEAR(steps * total(best) / (length * length), 1, 1e-3);

  // One schedule for all modes costs more: by how much follows from the deviations alone.
  const LevelGroups one;
  const auto levels = gaussian_levels(one, covariance().values(), Cost::action, Curve::trigonometric, steps);
  const auto scalar = squared_steps_of(one, levels);
  const Pair pair = pair_of_levels(Basis::any(), levels, Curve::trigonometric);
  const auto deviation =
      (pair.alpha.values().square() + pair.beta.values().square() * covariance().values().flatten()).sqrt();
  const double expected = std::pow(total(deviation.diff(1, 0).square().sum(1).sqrt()), 2);
  EXPECT_NEAR(steps * total(scalar) / expected, 1, 0.01);
  EXPECT_GT(steps * total(scalar), 1.005 * distance2);
}

TEST(Action, IsFoundByGradientToo) {
  constexpr int steps = 12;
  const auto modes = every_mode();
  const LevelObjective action{.value = [&](const torch::Tensor& levels, std::int64_t) {
    return static_cast<double>(steps) * squared_steps_of(modes, levels).sum();
  }};
  const auto scales = Schedule::scales(steps, covariance().values()).levels();
  const auto start = scales.unsqueeze(1).expand({-1, modes.count}).contiguous();
  const auto found = learn_levels(action, start, 60);
  const double distance2 = total((covariance().values().sqrt() - 1).square());
  EXPECT_GT(found.history.front(), 1.1 * distance2);
  EXPECT_NEAR(steps * total(squared_steps_of(modes, found.levels)) / distance2, 1, 0.01);
}

TEST(Lipschitz, ConstantsAreTheSameInEveryStep) {
  constexpr int steps = 10;
  const auto log_deviation = [](const torch::Tensor& levels) { // (steps + 1, modes)
    const Pair pair = pair_of_levels(Basis::any(), levels, Curve::trigonometric);
    return (pair.alpha.values().square() + pair.beta.values().square() * covariance().values().flatten()).log() / 2;
  };
  const auto modes = every_mode();
  const auto found = gaussian_levels(modes, covariance().values(), Cost::lipschitz, Curve::trigonometric, steps);
  const auto of_modes = log_deviation(found.index_select(1, modes.group.flatten()));
  const auto rates = std::get<0>(of_modes.diff(1, 0).abs().max(1)) * steps;
  const double least = covariance().values().sqrt().log().abs().max().item<double>(); // |log s| of the worst mode
  EXPECT_LT((rates - least).abs().max().item<double>(), 0.01 * least);

  const LevelGroups one;
  const auto levels = gaussian_levels(one, covariance().values(), Cost::lipschitz, Curve::trigonometric, steps);
  EXPECT_GT(total(std::get<0>(log_deviation(levels).diff(1, 0).abs().max(1))), 1.05 * least);
}

/// A law with two places, so that few steps make errors.
struct TwoPlaces {
  torch::Tensor centre = torch::cos(torch::arange(36, torch::kDouble) * 0.7).reshape({6, 6}) + 0.4;
  GaussianMixture law{covariance(), torch::stack({centre, -centre}).unsqueeze(1), torch::ones({2}, torch::kDouble)};
  Drift drift = law.drift();
  Operator reference = Operator::diagonal(Basis::fourier(), covariance().values() + 0.3);
  SolverOptions solver{.reference = reference};
  Path path = generation().path;
  Schedule schedule = Schedule::scales(10, reference.values());
  FineSolution fine =
      fine_solution(drift, path, schedule, reference,
                    noise(Layout{free_field.lattice}, 3, Purpose::sampling, 0, 0, 24).to(torch::kDouble));

  double error(const torch::Tensor& times) const {
    const torch::NoGradGuard no_gradients;
    return solver_error(drift, path, schedule.at_times(times), solver, fine, 0, 24).item<double>();
  }
};

/// The root mean square error of one step from knot i of the fine solution to j, the last one having begun at h (< 0:
/// none), in units of the deviation at j.
double step_error(const TwoPlaces& law, std::int64_t h, std::int64_t i, std::int64_t j) {
  const StepCoordinates frame(Basis::any(), law.reference, law.fine.x[0]);
  const auto place = [&](std::int64_t k) { return frame.place(law.fine.pairs[k]); };
  const auto state = [&](std::int64_t k) { return frame.basis.coordinates(law.fine.x[k]); };
  std::deque<Node> nodes;
  for (const auto k : {j, i, h})
    if (k >= 0 && k < std::ssize(law.fine.eta1))
      nodes.emplace_back(place(k), frame.variance, state(k), frame.basis.coordinates(law.fine.eta1[k]));
  const ExponentialStep step{place(i), place(j), frame.variance};
  const auto missed = step.advance(state(i), nodes, 4, {}, step.from_data(state(i))) - state(j);
  const auto relative = missed * (frame.variance.sqrt() / place(j).deviation);
  return std::sqrt(ScaleFreeSquare(law.reference)(frame.basis.fields(relative, law.fine.x[0])).item<double>());
}

TEST(DynamicKnots, AreTheBestOfAllChoices) {
  const TwoPlaces law;
  std::vector<std::int64_t> best;
  double least = INFINITY;
  for (std::int64_t i = 1; i < 10; ++i)
    for (std::int64_t j = i + 1; j < 10; ++j)
      if (const double sum = step_error(law, -1, 0, i) + step_error(law, 0, i, j) + step_error(law, i, j, 10);
          sum < least) {
        least = sum;
        best = {0, i, j, 10};
      }
  const auto found = dynamic_knots(law.fine, law.reference, {1, 3});
  EXPECT_EQ(found[0], (std::vector<std::int64_t>{0, 10}));
  EXPECT_EQ(found[1], best);
  // Better than most choices, by the error of the whole solution, which it has not seen.
  const double chosen = law.error(torch::tensor(found[1], torch::kDouble));
  int better = 0, all = 0;
  for (int i = 1; i < 10; ++i)
    for (int j = i + 1; j < 10; ++j, ++all)
      better += law.error(torch::tensor({0.0, 1.0 * i, 1.0 * j, 10.0}, torch::kDouble)) < chosen ? 1 : 0;
  EXPECT_LT(better, all / 4);
  EXPECT_THROW(dynamic_knots(law.fine, law.reference, {11}), std::invalid_argument);
}

TEST(SolverError, HasTheGradientOfDifferencesAndFalls) {
  const TwoPlaces law;
  const auto even = torch::linspace(0, 10, 5, torch::kDouble);
  auto times = even.clone().set_requires_grad(true);
  const auto value = solver_error(law.drift, law.path, law.schedule.at_times(times), law.solver, law.fine, 0, 24);
  const auto gradient = torch::autograd::grad({value}, {times})[0];
  for (int i = 1; i < 4; ++i) {
    constexpr double h = 1e-5;
    auto up = even + 0.037, down = even + 0.037; // away from the knots of the fine solution, where levels have kinks
    up[0] = down[0] = 0;
    up[4] = down[4] = 10;
    auto here = up.clone().set_requires_grad(true);
    const auto slope = torch::autograd::grad(
        {solver_error(law.drift, law.path, law.schedule.at_times(here), law.solver, law.fine, 0, 24)}, {here})[0][i];
    up[i] += h;
    down[i] -= h;
    EXPECT_NEAR(slope.item<double>(), (law.error(up) - law.error(down)) / (2 * h),
                1e-4 * std::abs(slope.item<double>()) + 1e-9);
  }
  EXPECT_TRUE(gradient.isfinite().all().item<bool>());

  const LevelObjective objective{
      .parts = 2, .value = [&](const torch::Tensor& levels, std::int64_t part) {
        const auto now = 10 * (1 - levels.select(1, 0));
        return solver_error(law.drift, law.path, law.schedule.at_times(now), law.solver, law.fine, 12 * part, 12) / 2;
      }};
  const auto learned = learn_levels(objective, (1 - even / 10).unsqueeze(1), 20);
  EXPECT_NEAR(learned.history.front(), law.error(even), 1e-12); // parts add up
  EXPECT_LT(law.error(10 * (1 - learned.levels.select(1, 0))), 0.8 * law.error(even));
  SolverOptions sde = law.solver;
  sde.method = Method::sde2;
  EXPECT_THROW(solver_error(law.drift, law.path, law.schedule, sde, law.fine, 0, 1), std::invalid_argument);
}

TEST(SolverError, HasAGradientWhereSitesAreKnown) {
  const TwoPlaces law;
  auto known = torch::zeros({6, 6}, torch::kBool);
  known.slice(0, 0, 3) = true;
  const Task task = inpainting(known);
  const auto drift = make_drift([&](const Pair& pair, const torch::Tensor& signal) {
    const auto ratio = (pair.alpha.values() / pair.beta.values()).log().nan_to_num(); // what priors tell networks
    return law.law.posterior_mean(pair, signal) * (1 + 1e-3 * ratio.clamp(-5, 5)).to(signal.scalar_type());
  });
  const auto x0 = noise(Layout{free_field.lattice}, 3, Purpose::sampling, 0, 0, 4).to(torch::kDouble);
  const auto fine = fine_solution(drift, task.path, law.schedule, law.reference, start_state(task, x0, law.centre));
  const auto error = [&](const torch::Tensor& times) {
    return solver_error(drift, task.path, law.schedule.at_times(times), law.solver, fine, 0, 4);
  };
  const auto place = torch::tensor({0.0, 3.3, 6.7, 10.0}, torch::kDouble);
  auto times = place.clone().set_requires_grad(true);
  const auto gradient = torch::autograd::grad({error(times)}, {times})[0];
  constexpr double h = 1e-5;
  const auto shift = torch::tensor({0.0, h, 0.0, 0.0}, torch::kDouble);
  const double slope = ((error(place + shift) - error(place - shift)) / (2 * h)).item<double>();
  EXPECT_NEAR(gradient[1].item<double>(), slope, 1e-4 * std::abs(slope) + 1e-10);
}

TEST(ScaleFreeSquare, CountsAllScalesAlike) {
  const ScaleFreeSquare square(covariance());
  // Draws of the law itself have 1: exactly, if all second moments are those of the law.
  const auto data = ExactPairs().x1;
  EXPECT_NEAR(square(data).item<double>(), 1, 1e-12);
  // The zero mode is alone in its part of the range, and counts as much as all of the short waves.
  const auto constant = torch::full({1, 1, 6, 6}, 1.0, torch::kDouble);
  const auto shells = LevelGroups::shells(covariance(), 8);
  const double expected = 36 / covariance().values()[0][0].item<double>() / static_cast<double>(shells.count) /
                          static_cast<double>((shells.group == shells.group[0][0]).sum().item<std::int64_t>());
  EXPECT_NEAR(square(constant).item<double>(), expected, 1e-12);
}

/// Two wells, far from Gaussian, and noise to start from.
struct TwoWells {
  GaussianMixture law{covariance(), torch::stack({torch::ones({1, 6, 6}), -torch::ones({1, 6, 6})}),
                      torch::ones({2}, torch::kDouble)};
  torch::Tensor x0 = noise({free_field.lattice}, 5, Purpose::sampling, 0, 0, 16).to(torch::kDouble);
  Path path = generation().path;
  Schedule along = Schedule::scales(128, covariance().values());

  torch::Tensor end(const Schedule& schedule) const {
    return solve(law.drift(), x0, knots(path, schedule), {.reference = covariance()}).x;
  }
  double error(const Schedule& schedule) const {
    return ScaleFreeSquare(covariance())(end(schedule) - end(along)).sqrt().item<double>();
  }
  EmbeddedSteps steps(double tolerance) const {
    return embedded_steps(law.drift(), path, along, covariance(), x0, tolerance);
  }
};

TEST(EmbeddedSteps, KeepTheErrorNearTheTolerance) {
  const TwoWells wells;
  double before = 0;
  for (const double tolerance : {0.1, 0.01, 0.001, 0.0001}) {
    const auto found = wells.steps(tolerance);
    const double error = wells.error(found.schedule);
    EXPECT_LT(error, tolerance * found.schedule.steps()) << tolerance; // the errors of all steps, if they add up
    EXPECT_GT(found.schedule.steps(), before) << tolerance;
    before = found.schedule.steps();
  }
}

TEST(EmbeddedSteps, AreOfNoErrorWhereTheReferenceIsTheLaw) {
  const auto x0 = noise({free_field.lattice}, 5, Purpose::sampling, 0, 0, 4).to(torch::kDouble);
  const auto found = embedded_steps(free_field.drift(), generation().path, Schedule::scales(64, covariance().values()),
                                    covariance(), x0, 1e-5);
  EXPECT_EQ(found.rejected, 0);
  EXPECT_LE(found.schedule.steps(), 5); // each twice as long as the last
}

TEST(EmbeddedSteps, ThatAreTooLongAreTriedAgain) {
  const TwoWells wells;
  const auto found = wells.steps(1e-5);
  EXPECT_GT(found.rejected, 0);
  EXPECT_TRUE(found.schedule.levels().equal(wells.steps(1e-5).schedule.levels()));
  EXPECT_THROW(wells.steps(0), std::invalid_argument);
}

} // namespace
} // namespace stint
