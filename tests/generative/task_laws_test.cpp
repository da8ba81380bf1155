// One drift serves every path: the laws that all tasks make of a free field, without statistical errors.

#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

using testing::AffineLaw;
using testing::FreeField;
using testing::law_of;
using testing::matrix_of;

const FreeField free_field{Geometry({4, 4}), {.mass2 = 0.5, .field = 0.3}};
const Geometry& lattice = free_field.lattice;

const SolverOptions rk4{.method = Method::rk4}, multistep{}, dopri5{.method = Method::dopri5, .tolerance = 1e-7},
    sde2{.method = Method::sde2};

struct NamedTask {
  const char* name;
  Task task;
};

/// All the tasks that end in the law itself, whatever the order.
std::vector<NamedTask> complete_tasks() {
  return {{"generate", generation()},
          {"generate, trigonometric", generation(Curve::trigonometric)},
          {"raster", sequential(raster_order(lattice))},
          {"columns of 2", sequential(column_order(lattice, 2))},
          {"blocks of 2", sequential(block_order(lattice, 2))},
          {"Morton, overlapping", sequential(morton_order(lattice, 2), 0.5)},
          {"Morton, trigonometric", sequential(morton_order(lattice, 2), 0, {}, Curve::trigonometric)},
          {"coarse to fine", multiscale({lattice}, 3)},
          {"coarse to fine, overlapping", multiscale({lattice}, 3, 0.25)}};
}

// What freezing the steps beyond the range costs in the covariance, in units of that of a site.
const double frozen_error = std::exp(-2 * testing::log_ratio_range) / std::pow(free_field.deviation, 2);

TEST(TaskLaws, EveryPathEndsInTheSameLaw) {
  for (const auto& [name, task] : complete_tasks()) {
    const auto error = [&, &the_task = task](const Schedule& schedule, const SolverOptions& solver) {
      return free_field.error(law_of(free_field.oracle(), lattice, the_task, schedule, solver), free_field.exact);
    };
    EXPECT_LT(error(Schedule::uniform(12), rk4), error(Schedule::uniform(6), rk4) / 12) << name;
    EXPECT_LT(error(Schedule::uniform(24), rk4), 1e-5) << name;
    EXPECT_LT(error(testing::log_ratio(32), multistep), error(testing::log_ratio(16), multistep) / 4) << name;
    if (task.path.stages() > 8)
      continue; // thousands of steps
    EXPECT_LT(error(testing::log_ratio(64), multistep), 10 * frozen_error) << name;
    EXPECT_LT(error(testing::log_ratio(64), sde2), error(testing::log_ratio(32), sde2) / 4) << name;
    const auto adaptive = law_of(free_field.drift(), lattice, task, Schedule::uniform(1), dopri5);
    EXPECT_LT(free_field.error(adaptive, free_field.exact), 1e-5) << name;
  }
}

TEST(TaskLaws, EveryPathEndsInTheSameLawWithTheLawsOwnDrift) {
  for (const auto& [name, task] : complete_tasks())
    if (task.path.stages() <= 8) {
      const auto found = law_of(free_field.drift(), lattice, task, Schedule::uniform(12), rk4);
      const auto expected = law_of(free_field.oracle(), lattice, task, Schedule::uniform(12), rk4);
      EXPECT_LT(free_field.error(found, expected), 1e-9) << name;
    }
}

struct Observation {
  std::string name;
  Task task;
  torch::Tensor H, noise; ///< y = H x + noise, (V, V)
};

torch::Tensor diagonal_matrix(const torch::Tensor& values) { return values.to(torch::kDouble).flatten().diag(); }

torch::Tensor projector(const Path& path) { return matrix_of(path.start_pair().beta, lattice); }

/// Tasks whose known coordinates are data.
std::vector<Observation> exact_observations() {
  std::vector<Observation> tasks;
  for (const Curve curve : {Curve::linear, Curve::trigonometric}) {
    const auto known = parse_mask("block:2x3@3,1", lattice, 0);
    tasks.push_back({"inpaint", inpainting(known, 0, curve), {}, {}});
    tasks.push_back({"inpaint block by block", sequential(block_order(lattice, 2), 0.25, known, curve), {}, {}});
    tasks.push_back({"low modes known", superresolution({lattice}, 2, curve), {}, {}});
    tasks.push_back({"block averages known", block_superresolution(lattice, 2, curve), {}, {}});
  }
  for (auto& task : tasks) {
    task.H = projector(task.task.path);
    task.noise = torch::zeros_like(task.H);
  }
  return tasks;
}

/// Tasks whose known coordinates are noisy and move.
std::vector<Observation> noisy_observations() {
  constexpr double sigma = 0.4;
  std::vector<Observation> tasks;
  const auto one = torch::eye(lattice.volume(), torch::kDouble);
  for (const Curve curve : {Curve::linear, Curve::trigonometric}) {
    const auto known = parse_mask("block:2x3@3,1", lattice, 0);
    tasks.push_back(
        {"inpaint", inpainting(known, sigma, curve), diagonal_matrix(known), sigma * sigma * diagonal_matrix(known)});
    tasks.push_back({"denoise", denoising(sigma, 1, curve), one, sigma * sigma * one});
    const auto x = torch::arange(4, torch::kDouble);
    const auto smooth = 0.5 + 0.5 * torch::cos(x * (M_PI / 2)); // 0 at the edge of the zone: a mode that is not seen
    const auto blur = Operator::diagonal(Basis::fourier(), torch::outer(smooth, smooth));
    tasks.push_back({"deblur", denoising(sigma, blur, curve), matrix_of(blur, lattice), sigma * sigma * one});
    const auto gain = Operator::diagonal(Basis::site(), torch::linspace(0, 1.5, 16, torch::kDouble).reshape({4, 4}));
    tasks.push_back(
        {"sites of unequal gain", denoising(sigma, gain, curve), matrix_of(gain, lattice), sigma * sigma * one});
  }
  return tasks;
}

double error_of(const Drift& drift, const Observation& observation, const Schedule& schedule,
                const SolverOptions& solver) {
  const auto y = observation.H.mv(free_field.observed().flatten());
  const auto expected = testing::posterior(free_field.exact, observation.H, observation.noise, y);
  return free_field.error(law_of(drift, lattice, observation.task, schedule, solver, y.reshape({4, 4})), expected);
}

TEST(TaskLaws, WithExactObservationsTheRestHasItsConditionalLaw) {
  for (const auto& observation : exact_observations()) {
    const auto error = [&](const Schedule& schedule, const SolverOptions& solver) {
      return error_of(free_field.oracle(), observation, schedule, solver);
    };
    EXPECT_LT(error(Schedule::uniform(24), rk4), 1e-5) << observation.name;
    EXPECT_LT(error_of(free_field.drift(), observation, Schedule::uniform(1), dopri5), 1e-5) << observation.name;
    EXPECT_LT(error(testing::log_ratio(32), multistep), error(testing::log_ratio(16), multistep) / 4)
        << observation.name;
    EXPECT_LT(error(testing::log_ratio(64), multistep), 10 * frozen_error) << observation.name;
    EXPECT_LT(error(testing::log_ratio(64), sde2), error(testing::log_ratio(32), sde2) / 4) << observation.name;
  }
}

TEST(TaskLaws, FromNoisyObservationsTheSdeDrawsFromThePosterior) {
  for (const auto& observation : noisy_observations()) {
    const auto error = [&](int steps, const SolverOptions& solver) {
      return error_of(free_field.oracle(), observation, testing::log_ratio(steps), solver);
    };
    const SolverOptions sde{.method = Method::sde};
    EXPECT_NEAR(std::log2(error(32, sde) / error(64, sde)), 1, 0.2) << observation.name;
    EXPECT_GT(std::log2(error(16, sde2) / error(32, sde2)), 1.8) << observation.name;
    EXPECT_LT(error(64, sde2), 30 * frozen_error) << observation.name;
    // The ODE has nothing random to add to what was seen, and other noise is not that of the reversed noising.
    EXPECT_GT(error(64, multistep), 0.1) << observation.name;
    EXPECT_GT(error(64, {.method = Method::sde2, .noise = 0.2}), 0.05) << observation.name;
  }
}

TEST(TaskLaws, AveragedOverNoisyObservationsAllSolversMakeData) {
  for (const auto& observation : noisy_observations()) {
    const auto start = free_field.start(observation.task.path.start_pair());
    const auto error = [&](const Schedule& schedule, const SolverOptions& solver) {
      return free_field.error(
          law_of(free_field.oracle(), lattice, start, knots(observation.task.path, schedule), solver),
          free_field.exact);
    };
    EXPECT_LT(error(Schedule::uniform(24), rk4), 1e-5) << observation.name;
    EXPECT_LT(error(testing::log_ratio(64), multistep), 10 * frozen_error) << observation.name;
    EXPECT_LT(error(testing::log_ratio(64), {.method = Method::sde2, .noise = 0.2}), 0.01) << observation.name;
  }
}

TEST(TaskLaws, AtEveryKnotIsThatOfTheInterpolant) {
  // alpha is exactly 0 on more and more sites.
  const auto path = sequential(block_order(lattice, 2), 0.5).path;
  const testing::Start noise = [](const torch::Tensor& x0) { return x0; };
  const auto error = [&](const Schedule& schedule, double stage, const SolverOptions& solver) {
    const auto way = knots(path, schedule);
    const auto steps = std::llround(stage * schedule.steps());
    return free_field.error(law_of(free_field.oracle(), lattice, noise, {steps, way.at}, solver),
                            free_field.interpolant(way.at(steps)));
  };
  for (const double stage : {0.5, 1.0, 1.25, 1.5, 2.0, 2.5}) {
    EXPECT_LT(error(Schedule::uniform(24), stage, rk4), 1e-5) << stage;
    EXPECT_LT(error(testing::log_ratio(64), stage, multistep), 10 * frozen_error) << stage;
    for (const double eps : {0.0, 0.5, 2.0}) {
      const SolverOptions solver{.method = Method::sde2, .noise = eps, .reference = std::pow(free_field.deviation, 2)};
      const double coarse = error(testing::log_ratio(32), stage, solver),
                   fine = error(testing::log_ratio(64), stage, solver);
      EXPECT_TRUE(fine < coarse / 3.5 || fine < frozen_error) << stage << " " << eps << ": " << coarse << " " << fine;
      EXPECT_LT(fine, 0.02) << stage << " " << eps;
    }
  }
}

Operator dense(double off_diagonal) {
  const auto i = torch::arange(16, torch::kDouble);
  return Operator::dense(torch::eye(16, torch::kDouble) +
                         off_diagonal * torch::sin(2 * i.reshape({16, 1}) + i.reshape({1, 16})));
}

TEST(TaskLaws, OfDenseOperatorsAndSums) {
  const Operator known = Operator::diagonal(Basis::site(), parse_mask("block:4x2@0,0", lattice, 0));
  const auto spectrum = free_field.law.covariance().values();
  const Operator smooth = Operator::diagonal(Basis::fourier(), spectrum / spectrum.max());
  struct Case {
    const char* name;
    Pair from;
  };
  const std::vector<Case> cases = {
      {"dense", {dense(0.15), 0}},
      {"sum of a site and a Fourier operator", {1 + 0.5 * smooth + 0.5 * known, 0.4 * known}},
      {"dense, seen through a blur", {dense(0.1), 0.5 * smooth}},
  };
  for (const auto& [name, from] : cases) {
    const auto path = Path::straight(from, {0, 1});
    const auto start = free_field.start(path.start_pair());
    const auto error = [&](const Drift& drift, int steps, const SolverOptions& solver) {
      return free_field.error(law_of(drift, lattice, start, knots(path, Schedule::uniform(steps)), solver),
                              free_field.exact);
    };
    EXPECT_LT(error(free_field.oracle(), 24, rk4), 1e-5) << name;
    EXPECT_LT(error(free_field.law.drift(), 12, rk4), 1e-4) << name;
    EXPECT_LT(error(free_field.law.drift(), 1, {.method = Method::dopri5, .tolerance = 1e-5}), 1e-3) << name;
    EXPECT_THROW(error(free_field.law.drift(), 4, multistep), std::invalid_argument) << name;
  }
}

TEST(TaskLaws, KnownSitesKeepTheirBits) {
  auto observed = free_field.observed();
  observed[2][1] = -0.0;
  observed[3][3] = 0.1; // not a float
  const auto known = parse_mask("block:2x2@0,2", lattice, 0);
  const torch::indexing::Slice all;
  for (const auto type : {torch::kFloat, torch::kDouble})
    for (const Method method :
         {Method::euler, Method::heun, Method::rk4, Method::dopri5, Method::multistep, Method::sde, Method::sde2})
      for (const Task& task : {inpainting(known), sequential(raster_order(lattice), 0.5, known)}) {
        torch::manual_seed(1);
        const auto x0 = torch::randn({3, 1, 4, 4}, type), seen = observed.to(type);
        const auto x =
            solve(free_field.drift(), start_state(task, x0, seen), knots(task.path, testing::log_ratio(4)),
                  {.method = method}, [](std::int64_t, const torch::Tensor& like) { return torch::randn_like(like); })
                .x;
        const auto same = (x == seen) & (x.signbit() == seen.signbit());
        EXPECT_TRUE(same.index({all, all, known}).all().item<bool>());
        EXPECT_FALSE((x == start_state(task, x0, seen)).index({all, all, ~known}).any().item<bool>());
      }
}

TEST(TaskLaws, KnownModesAndAveragesStayToRounding) {
  for (const Task& task : {superresolution({lattice}, 2), block_superresolution(lattice, 2)})
    for (const Method method : {Method::rk4, Method::dopri5, Method::multistep, Method::sde2}) {
      torch::manual_seed(1);
      const auto x0 = torch::randn({3, 1, 4, 4}, torch::kDouble);
      const auto x = solve(free_field.drift(), start_state(task, x0, free_field.observed()),
                           knots(task.path, testing::log_ratio(4)), {.method = method},
                           [](std::int64_t, const torch::Tensor& like) { return torch::randn_like(like); })
                         .x;
      const Operator seen = task.path.start_pair().beta;
      EXPECT_LT((seen(x) - seen(free_field.observed().expand_as(x))).abs().max().item<double>(), 1e-13);
    }
}

} // namespace
} // namespace stint
