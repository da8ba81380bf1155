// Paths that are stopped on the way, changed, and gone on with.

#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Geometry lattice{{4, 4}};

/// Two phases: the drift is not linear, and no method is exact.
Drift two_phases(torch::ScalarType type) {
  const GaussianMixture law{free_field_law(lattice, {.mass2 = 0.5}).covariance(),
                            torch::stack({torch::full({1, 4, 4}, 0.6, type), torch::full({1, 4, 4}, -0.6, type)}),
                            torch::tensor({0.5, 0.5})};
  return make_drift([law](const Pair& pair, const torch::Tensor& signal) { return law.posterior_mean(pair, signal); });
}

/// White noise for every step, the same whenever it is asked for.
torch::Tensor white_noise(std::int64_t step, const torch::Tensor& like) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(100 + step);
  return torch::randn(like.sizes(), generator, like.options());
}

struct Way {
  const char* name;
  Task task;
};

std::vector<Way> ways() {
  return {{"generation", generation()},
          {"inpainting", inpainting(parse_mask("random:0.4", lattice, 3))},
          {"noisy inpainting", inpainting(parse_mask("random:0.4", lattice, 3), 0.3)},
          {"sequential", sequential(block_order(lattice, 2), 0.25)},
          {"multiscale", multiscale({lattice}, 3, 0.25)},
          {"averages", block_superresolution(lattice, 2)}};
}

TEST(Leg, AStoppedPathEndsAsIfItHadNot) {
  for (const auto& [name, task] : ways())
    for (const auto type : {torch::kFloat, torch::kDouble})
      for (const Method method :
           {Method::euler, Method::heun, Method::rk4, Method::dopri5, Method::multistep, Method::sde, Method::sde2}) {
        SCOPED_TRACE(std::string(name) + ", method " + std::to_string(static_cast<int>(method)));
        const auto drift = two_phases(type);
        const SolverOptions options{.method = method,
                                    .reference = free_field_law(lattice, {.mass2 = 0.3}).covariance()};
        const auto way = knots(task.path, testing::log_ratio(5));
        const auto noise = white_noise(-1, torch::empty({3, 1, 4, 4}, type));
        const auto start = start_state(task, noise, noise.roll(1, 0));
        std::vector<torch::Tensor> states;
        const auto whole = solve(drift, start, way, options, white_noise, {},
                                 [&](std::int64_t, const torch::Tensor& x) { states.push_back(x); });
        for (const std::int64_t stop : {std::int64_t{1}, std::int64_t{3}, way.steps - 1}) {
          const auto first = solve(drift, start, way, options, white_noise, {}, {}, {.to = stop});
          EXPECT_TRUE(torch::equal(first.x, states[stop])) << stop;
          const auto rest =
              solve(drift, first.x, way, options, white_noise, {}, {}, {.from = stop, .memory = first.memory});
          EXPECT_TRUE(torch::equal(rest.x, whole.x)) << stop;
          EXPECT_FALSE(rest.memory.defined());
        }
        // Stopped twice.
        const auto first = solve(drift, start, way, options, white_noise, {}, {}, {.to = 2});
        const auto second =
            solve(drift, first.x, way, options, white_noise, {}, {}, {.from = 2, .to = 4, .memory = first.memory});
        const auto third =
            solve(drift, second.x, way, options, white_noise, {}, {}, {.from = 4, .memory = second.memory});
        EXPECT_TRUE(torch::equal(third.x, whole.x));
      }
}

TEST(Leg, TheMemoryIsNeeded) {
  const auto way = knots(generation().path, testing::log_ratio(6));
  const auto start = white_noise(-1, torch::empty({3, 1, 4, 4}));
  const auto drift = two_phases(torch::kFloat);
  for (const Method method : {Method::multistep, Method::sde2}) {
    const SolverOptions options{.method = method};
    const auto whole = solve(drift, start, way, options, white_noise);
    const auto first = solve(drift, start, way, options, white_noise, {}, {}, {.to = 3});
    const auto anew = solve(drift, first.x, way, options, white_noise, {}, {}, {.from = 3});
    EXPECT_GT((anew.x - whole.x).abs().max().item<double>(), 0.01);
  }
}

TEST(Leg, RefusesWhatDoesNotFit) {
  const auto way = knots(generation().path, testing::log_ratio(6));
  const auto start = white_noise(-1, torch::empty({3, 1, 4, 4}));
  const auto drift = two_phases(torch::kFloat);
  const auto go = [&](Method method, const Leg& leg) {
    return solve(drift, start, way, {.method = method}, white_noise, {}, {}, leg);
  };
  const auto memory = go(Method::multistep, {.to = 4}).memory;
  EXPECT_EQ(memory.sizes(), at::IntArrayRef({3, 2 + 3, 16}));
  EXPECT_THROW(go(Method::sde2, {.from = 4, .memory = memory}), std::invalid_argument);
  EXPECT_THROW(go(Method::heun, {.from = 4, .memory = memory}), std::invalid_argument);
  EXPECT_THROW(go(Method::multistep, {.from = 4, .memory = memory.narrow(2, 0, 15)}), std::invalid_argument);
  EXPECT_THROW(go(Method::multistep, {.from = 4, .memory = memory.narrow(0, 0, 2)}), std::invalid_argument);
  EXPECT_THROW(go(Method::multistep, {.from = 0, .memory = memory}), std::invalid_argument);
  EXPECT_THROW(go(Method::heun, {.from = 5, .to = 4}), std::invalid_argument);
  EXPECT_THROW(go(Method::heun, {.to = 7}), std::invalid_argument);
}

TEST(Scaled, LowersLevelsInProportion) {
  for (const Curve curve : {Curve::linear, Curve::trigonometric}) {
    const auto schedule = testing::log_ratio(8);
    const auto way = knots(generation(curve).path, schedule);
    auto factors = torch::ones({2, 1, 4, 4}, torch::kDouble);
    factors[0][0][1][2] = 0;
    factors[1][0][3][3] = 0.25;
    const auto lower = scaled(way, factors, curve);
    EXPECT_EQ(lower.steps, way.steps);
    for (std::int64_t i = 0; i <= way.steps; ++i) {
      const Pair before = way.at(i), after = lower.at(i);
      const auto &alpha = after.alpha.values(), &beta = after.beta.values();
      const double level = level_of_alpha(before.alpha.values(), curve).item<double>();
      EXPECT_NEAR(level, (before.alpha.values() / (before.alpha.values() + before.beta.values())).item<double>(),
                  1e-12);
      EXPECT_LT((alpha / (alpha + beta) - level * factors).abs().max().item<double>(), 1e-12);
      const auto norm = curve == Curve::linear ? alpha + beta : alpha.square() + beta.square();
      EXPECT_LT((norm - 1).abs().max().item<double>(), 1e-12);
      EXPECT_EQ(alpha[0][0][1][2].item<double>(), 0);
      EXPECT_EQ(beta[0][0][1][2].item<double>(), 1);
    }
  }
  const auto modes =
      scaled(knots(multiscale({lattice}, 2).path, testing::log_ratio(8)), torch::ones({}), Curve::linear);
  EXPECT_THROW(modes.at(3), std::invalid_argument);
}

TEST(Scaled, ConfigurationsMayHaveLevelsOfTheirOwn) {
  const auto factors = white_noise(1, torch::empty({3, 1, 4, 4}, torch::kDouble)).sigmoid();
  factors[0][0][1][2] = 0;
  const auto start = white_noise(-1, factors);
  const auto way = knots(generation().path, testing::log_ratio(6));
  const auto drift = two_phases(torch::kDouble);
  for (const Method method : {Method::heun, Method::dopri5, Method::multistep, Method::sde2}) {
    SCOPED_TRACE("method " + std::to_string(static_cast<int>(method)));
    const auto go = [&](std::int64_t first, std::int64_t count) {
      const StepNoise noise = [&](std::int64_t i, const torch::Tensor&) {
        return white_noise(i, start).narrow(0, first, count);
      };
      return solve(drift, start.narrow(0, first, count), scaled(way, factors.narrow(0, first, count), Curve::linear),
                   {.method = method}, noise, {}, {}, {.from = 2})
          .x;
    };
    const auto together = go(0, 3);
    for (std::int64_t n = 0; n < 3; ++n)
      EXPECT_LT((together[n] - go(n, 1)[0]).abs().max().item<double>(), 1e-9) << n;
    EXPECT_EQ(together[0][0][1][2].item<double>(), start[0][0][1][2].item<double>());
  }
}

TEST(Scaled, AnEditedStateEndsWithTheLawGivenIt) {
  // The SDE with eps = 1 draws x1 given the state, where one site has become data and another half as noisy.
  const testing::FreeField field{lattice, {.mass2 = 0.5}};
  const std::int64_t fixed = 6, quieter = 9;
  const auto factors = torch::ones({16}, torch::kDouble);
  factors[fixed] = 0;
  factors[quieter] = 0.5;
  const auto state = torch::linspace(-1.5, 2, 16, torch::kDouble).cos() * 1.2;

  const auto error = [&](int steps) {
    const auto whole =
        scaled(knots(generation().path, Schedule::uniform(steps)), factors.reshape({4, 4}), Curve::linear);
    const std::int64_t stop = steps / 4;
    const Knots way{whole.steps - stop, [&](std::int64_t i) { return whole.at(stop + i); }};
    const auto alpha = way.at(0).alpha.values().flatten(), beta = way.at(0).beta.values().flatten();
    const auto exact = testing::posterior(field.exact, torch::diag(beta), torch::diag(alpha.square()), state);
    const auto start = [&](const torch::Tensor& x0) { return state.reshape({1, 1, 4, 4}).expand_as(x0).contiguous(); };
    const auto found = testing::law_of(field.drift(), lattice, start, way,
                                       {.method = Method::sde2, .reference = field.law.covariance()});
    EXPECT_EQ(found.mean[fixed].item<double>(), state[fixed].item<double>());
    EXPECT_EQ(found.covariance[fixed].abs().max().item<double>(), 0);
    return field.error(found, exact);
  };
  const double coarse = error(24), fine = error(48);
  EXPECT_LT(fine, 0.005);
  EXPECT_LT(fine, coarse / 3);
}

} // namespace
} // namespace stint
