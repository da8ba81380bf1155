// Log-densities along the flow, and what makes samples of a wrong drift exact.

#include "generative/phi4/action.hpp"
#include "generative/sampler.hpp"
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
const SolverOptions rk4{.method = Method::rk4};

torch::Tensor white(std::int64_t count, std::int64_t seed) {
  torch::manual_seed(seed);
  return torch::randn({count, 1, 4, 4}, torch::kDouble);
}

double largest(const torch::Tensor& t) { return t.abs().max().item<double>(); }

TEST(ForwardFlow, ReturnsWhatTheReverseOneTook) {
  const auto x0 = white(5, 1);
  const auto known = parse_mask("block:2x3@3,1", lattice, 0);
  for (const Task& task : {generation(), inpainting(known), sequential(block_order(lattice, 2), 0.5)}) {
    const auto start = start_state(task, x0, free_field.observed());
    const auto error = [&](const Schedule& schedule, const SolverOptions& solver) {
      const auto way = knots(task.path, schedule);
      const auto x = solve(free_field.drift(), start, way, solver).x;
      EXPECT_GT(largest(x - start), 0.1);
      return largest(solve(free_field.drift(), x, reversed(way), solver).x - start);
    };
    EXPECT_LT(error(Schedule::uniform(20), rk4), error(Schedule::uniform(10), rk4) / 12);
    EXPECT_LT(error(Schedule::uniform(20), rk4), 1e-3);
    EXPECT_LT(error(Schedule::uniform(1), {.method = Method::dopri5, .tolerance = 1e-8}), 1e-5);
    EXPECT_LT(error(testing::log_ratio(64), {}), 0.02);
  }
}

/// log N(x) of a Gaussian law on the coordinates `sites`.
torch::Tensor log_density(const testing::AffineLaw& law, const torch::Tensor& sites, const torch::Tensor& x) {
  const auto c = law.covariance.index_select(0, sites).index_select(1, sites);
  const auto rest = x.flatten(1).index_select(1, sites) - law.mean.index_select(0, sites);
  return -((rest.mm(torch::linalg_inv(c)) * rest).sum(1) + std::get<1>(torch::linalg_slogdet(2 * M_PI * c))) / 2;
}

TEST(LogDensity, MatchesTheClosedForm) {
  const auto x0 = white(4, 2);
  const auto known = parse_mask("block:2x3@3,1", lattice, 0);
  const auto all = torch::arange(16), free_sites = (~known).flatten().nonzero().flatten();
  const auto H = known.to(torch::kDouble).flatten().diag();
  const auto conditional =
      testing::posterior(free_field.exact, H, torch::zeros_like(H), H.mv(free_field.observed().flatten()));
  struct Case {
    const char* name;
    Task task;
    torch::Tensor sites;
    const testing::AffineLaw& law;
  };
  const std::vector<Case> cases = {
      {"generate", generation(), all, free_field.exact},
      {"generate, trigonometric", generation(Curve::trigonometric), all, free_field.exact},
      {"coarse to fine", multiscale({lattice}, 2), all, free_field.exact},
      {"columns", sequential(column_order(lattice, 2)), all, free_field.exact},
      {"inpaint", inpainting(known), free_sites, conditional},
      {"inpaint by columns", sequential(column_order(lattice, 2), 0.5, known), free_sites, conditional}};
  for (const auto& [name, task, sites, law] : cases) {
    const auto start = start_state(task, x0, free_field.observed());
    const auto noise = log_density({torch::zeros({16}, torch::kDouble), torch::eye(16, torch::kDouble)}, sites, start);
    const auto error = [&, &the_task = task, &the_sites = sites, &the_law = law](const SolverOptions& solver,
                                                                                 int steps) {
      const auto solution = solve(free_field.drift(), start, knots(the_task.path, Schedule::uniform(steps)), solver, {},
                                  exact_divergence());
      return largest(noise + solution.log_density_change - log_density(the_law, the_sites, solution.x));
    };
    const double coarse = error(rk4, 6), fine = error(rk4, 12);
    EXPECT_LT(fine, coarse / 10) << name;
    EXPECT_LT(fine, 0.01) << name;
    // A reference law that is not the data's: all that it does not know is in the integral. Each stage begins with one
    // value, so that the order is 2 there.
    const SolverOptions multistep{.method = Method::multistep, .reference = 0.3};
    const double few = error(multistep, 12), many = error(multistep, 36);
    EXPECT_LT(many, few / 9) << name;
    EXPECT_LT(many, 0.01) << name;
  }
}

TEST(LogDensity, OfAMixtureIsIntegratedByMultistep) {
  // Its drift is not linear.
  const auto checkerboard = (torch::arange(4).reshape({4, 1}) + torch::arange(4)).remainder(2) * 2.0 - 1;
  const auto up = 0.5 * torch::ones({4, 4});
  const GaussianMixture law(free_field.law.covariance(), torch::stack({up, -up, 0.6 * checkerboard}).unsqueeze(1),
                            torch::tensor({0.5, 0.2, 0.3}));
  const Drift drift =
      make_drift([&](const Pair& pair, const torch::Tensor& signal) { return law.posterior_mean(pair, signal); });
  const auto x0 = white(20, 9);
  const auto noise = -(x0.square().flatten(1).sum(1) + 16 * std::log(2 * M_PI)) / 2;
  const auto error = [&](int steps, const Divergence& divergence) {
    const auto way = knots(generation().path, Schedule::uniform(steps));
    const auto solution = solve(drift, x0, way, {.reference = law.covariance()}, {}, divergence);
    return noise + solution.log_density_change - law.log_density(solution.x);
  };
  const double few = largest(error(12, exact_divergence())), many = largest(error(48, exact_divergence()));
  EXPECT_GT(few, 1e-3); // there is something to integrate
  EXPECT_LT(many, few / 30);
  EXPECT_LT(many, 1e-3);

  torch::manual_seed(10);
  const auto signs = hutchinson_divergence([](std::int64_t, const torch::Tensor& like) {
    return torch::randint(0, 2, {8, like.size(0), 1, 4, 4}, like.options()) * 2 - 1;
  });
  const auto scattered = error(48, signs);
  EXPECT_GT(largest(scattered), 1e-3);
  EXPECT_LT(std::abs(testing::z_score(scattered, 0)), 4);
}

TEST(LogDensity, TakesAProductForEachCoordinateThatMoves) {
  const auto x = white(3, 8);
  const auto moving = parse_mask("block:2x3@3,1", lattice, 0);
  const auto number = moving.sum().item<std::int64_t>();
  std::int64_t products = 0;
  const auto field = [&](const torch::Tensor& at) {
    const auto all = at * at.flatten(1).sum(1).reshape({-1, 1, 1, 1});
    all.register_hook([&](const torch::Tensor&) { ++products; });
    return all * moving;
  };
  // d(x_i s)/dx_i = s + x_i with s the sum of a configuration.
  const auto expected = number * x.flatten(1).sum(1) + (x * moving).flatten(1).sum(1);
  EXPECT_LT(largest(exact_divergence()(field, x, 0, moving, Basis::site()).divergence() - expected), 1e-12);
  EXPECT_EQ(products, number);
  EXPECT_LT(largest(exact_divergence()(field, x, 0, {}, Basis::site()).divergence() - expected), 1e-12);
  EXPECT_EQ(products, number + x[0].numel());

  // What rests adds no scatter: here it is all that the velocity depends on beside the site itself, and one vector
  // of random signs gives the trace.
  const auto signs = hutchinson_divergence([](std::int64_t, const torch::Tensor& like) {
    return torch::randint(0, 2, {1, like.size(0), 1, 4, 4}, like.options()) * 2 - 1;
  });
  const auto resting_sum = [&](const torch::Tensor& at) {
    return (at * ~moving).flatten(1).sum(1).reshape({-1, 1, 1, 1});
  };
  const auto pulled = [&](const torch::Tensor& at) { return at * resting_sum(at) * moving; };
  EXPECT_LT(largest(signs(pulled, x, 0, moving, Basis::site()).divergence() - number * resting_sum(x).flatten()),
            1e-12);
}

TEST(LogDensity, TheSolverSaysWhatMoves) {
  const auto known = parse_mask("block:2x3@3,1", lattice, 0);
  const auto start = start_state(inpainting(known), white(2, 8), free_field.observed());
  const Divergence exact = exact_divergence();
  std::int64_t asked = 0;
  const Divergence watched = [&](const VectorField& field, const torch::Tensor& x, std::int64_t n,
                                 const torch::Tensor& moving, const Basis& basis) {
    EXPECT_TRUE(torch::equal(moving.expand_as(x), (~known).expand_as(x)));
    ++asked;
    return exact(field, x, n, moving, basis);
  };
  solve(free_field.drift(), start, knots(inpainting(known).path, Schedule::uniform(2)), rk4, {}, watched);
  EXPECT_EQ(asked, 8);
}

Sampler sampler_of(const Phi4& theory, Sampler::LogDensity log_density, int steps = 12) {
  return {.drift = FreeField{lattice, theory}.drift(),
          .layout = {lattice},
          .task = generation(),
          .schedule = Schedule::uniform(steps),
          .solver = rk4,
          .log_density = log_density};
}

TEST(LogDensity, OfASamplerIsThatOfItsLaw) {
  const auto sampler = sampler_of(free_field.theory, Sampler::LogDensity::exact, 24);
  const auto result = sampler(3, 0, 50);
  const auto exact = free_field.law.log_density(result.configurations.to(torch::kDouble));
  EXPECT_LT(largest(result.log_density - exact), 2e-4); // single precision
  const auto log_weight = -phi4_action(free_field.theory, result.configurations) - result.log_density;
  EXPECT_NEAR(effective_sample_fraction(log_weight), 1, 1e-7);

  auto conditional = sampler;
  conditional.task = inpainting(parse_mask("block:2x3@3,1", lattice, 0), 0.3);
  EXPECT_THROW(conditional(3, 0, 2, free_field.observed()), std::invalid_argument);
  conditional.task = inpainting(parse_mask("block:2x3@3,1", lattice, 0));
  const auto given = conditional(3, 0, 50, free_field.observed());
  EXPECT_NEAR(effective_sample_fraction(-phi4_action(free_field.theory, given.configurations) - given.log_density), 1,
              1e-7);
}

TEST(LogDensity, ByRandomVectorsIsUnbiased) {
  auto sampler = sampler_of(free_field.theory, Sampler::LogDensity::exact, 6);
  const auto exact = sampler(4, 0, 1000).log_density;
  sampler.log_density = Sampler::LogDensity::random;
  const auto error = [&](int probes, int colours) {
    sampler.probes = probes;
    sampler.colours = colours;
    return sampler(4, 0, 1000).log_density - exact;
  };
  const auto scatter = [&](int probes, int colours) {
    const auto errors = error(probes, colours);
    EXPECT_LT(std::abs(testing::z_score(errors, 0)), 4) << probes << " " << colours;
    return errors.std().item<double>();
  };
  // 2 vectors leave out neighbours, 4 all but every second site of a line: as 4 classes do.
  const double one = scatter(1, 1), two = scatter(2, 1), four = scatter(4, 1);
  EXPECT_LT(two, 0.6 * one);
  EXPECT_LT(four, 0.6 * two);
  EXPECT_NEAR(scatter(1, 2), four, 0.15 * four);
  // 16 are as many as sites, and a second set of signs changes nothing.
  for (const auto& [probes, colours] : {std::pair{16, 1}, {32, 1}, {4, 2}, {1, 4}})
    EXPECT_LT(largest(error(probes, colours)), 1e-4) << probes << " " << colours;
  sampler.solver.method = Method::dopri5;
  EXPECT_THROW(sampler(4, 0, 2), std::invalid_argument);
  sampler.solver.method = Method::sde2;
  EXPECT_THROW(sampler(4, 0, 2), std::invalid_argument);
}

TEST(LogDensity, ByMultistepKnowsTheReferenceLaw) {
  // Where the reference law is that of the data, three steps leave rounding alone; random signs add no noise, since
  // nothing but a multiple of the identity, mode by mode, is left of the Jacobian.
  auto sampler = sampler_of(free_field.theory, Sampler::LogDensity::exact, 3);
  sampler.solver = {.reference = free_field.law.covariance()};
  for (const auto& density : {Sampler::LogDensity::exact, Sampler::LogDensity::random}) {
    sampler.log_density = density;
    const auto result = sampler(3, 0, 50);
    const auto exact = free_field.law.log_density(result.configurations.to(torch::kDouble));
    EXPECT_LT(largest(result.log_density - exact), 2e-4); // single precision
  }
}

TEST(LogDensity, IsIntegratedByDopri5) {
  auto sampler = sampler_of(free_field.theory, Sampler::LogDensity::exact, 1);
  sampler.solver = {.method = Method::dopri5, .tolerance = 1e-5};
  const auto result = sampler(3, 0, 20);
  EXPECT_LT(largest(result.log_density - free_field.law.log_density(result.configurations.to(torch::kDouble))), 5e-3);
}

class WrongDrift : public ::testing::Test {
protected:
  // A drift of a mass that is off by 20 per cent.
  static constexpr std::int64_t count = 10000;
  static constexpr Phi4 target{.mass2 = 1}, wrong{.mass2 = 0.8};
  static const Sampler::Result& result() {
    static const Sampler::Result samples = sampler_of(wrong, Sampler::LogDensity::exact, 8)(5, 0, count);
    return samples;
  }
  const torch::Tensor log_weight = -phi4_action(target, result().configurations) - result().log_density;
  const torch::Tensor phi2 = result().configurations.to(torch::kDouble).square().flatten(1).mean(1);
  const double exact = free_field_moments(lattice, target).phi2;
};

TEST_F(WrongDrift, IsWrongWithoutWeightsAndRightWithThem) {
  EXPECT_GT(std::abs(testing::z_score(phi2, exact)), 10);
  const auto w = (log_weight - log_weight.max()).exp();
  const double estimate = ((w * phi2).sum() / w.sum()).item<double>();
  const double error = ((w * (phi2 - estimate)).square().sum().sqrt() / w.sum()).item<double>();
  EXPECT_LT(std::abs(estimate - exact) / error, 4);
}

TEST_F(WrongDrift, HasTheEffectiveSampleSizeOfTheClosedForm) {
  // int p^2/q of Gaussians: 1 / sqrt(s (2 - s)) for each mode, s the ratio of the variances of p and q.
  const auto variances = [](const Phi4& theory) {
    return torch::tensor(free_propagator(lattice, theory), torch::kDouble);
  };
  const auto s = variances(target) / variances(wrong);
  const double expected = (s * (2 - s)).sqrt().prod().item<double>();
  // The spread of the estimate from parts of the sample.
  std::vector<double> parts;
  for (const auto& part : log_weight.split(count / 20))
    parts.push_back(effective_sample_fraction(part));
  EXPECT_LT(expected, 0.98);
  EXPECT_LT(std::abs(testing::z_score(torch::tensor(parts), expected)), 4);
}

TEST_F(WrongDrift, MetropolisMakesItRight) {
  std::vector<double> means;
  double moved = 0;
  constexpr std::int64_t length = 500;
  for (std::int64_t first = 0; first < count; first += length) { // independent chains, for honest errors
    const auto chain = independence_metropolis(log_weight.narrow(0, first, length), 100 + first);
    moved += (chain.slice(0, 1) != chain.slice(0, 0, length - 1)).sum().item<double>();
    means.push_back(phi2.narrow(0, first, length).index_select(0, chain.slice(0, 50)).mean().item<double>());
  }
  EXPECT_LT(std::abs(testing::z_score(torch::tensor(means), exact)), 4);
  // E min(1, w'/w) over pairs of independent proposals.
  const auto pairs = (log_weight.slice(0, 1) - log_weight.slice(0, 0, count - 1)).exp().clamp_max(1);
  EXPECT_GT(moved / static_cast<double>(count), pairs.mean().item<double>() - 0.05);
  EXPECT_LT(moved / static_cast<double>(count), 0.99);
}

constexpr double inf = std::numeric_limits<double>::infinity();

TEST(Weights, OfFewSamples) {
  EXPECT_NEAR(effective_sample_fraction(torch::zeros({7})), 1, 1e-14);
  EXPECT_NEAR(effective_sample_fraction(torch::tensor({1000.0, 0.0, 0.0, 0.0})), 0.25, 1e-14);
  EXPECT_NEAR(effective_sample_fraction(torch::tensor({std::log(3.0), 0.0}, torch::kDouble) - 500), 16.0 / 20, 1e-12);
}

TEST(Weights, MetropolisAlwaysAcceptsBetterAndNeverWorthlessProposals) {
  const auto chain = independence_metropolis(torch::tensor({-inf, 0.0, 5.0, double{NAN}, -1000.0, 6.0}), 1);
  EXPECT_TRUE(torch::equal(chain, torch::tensor({1, 1, 2, 2, 2, 5})));
  EXPECT_THROW(independence_metropolis(torch::tensor({-inf, double{NAN}}), 1), std::invalid_argument);
}

TEST(Weights, MetropolisHasTheWeightsAsItsLaw) {
  // Two kinds of proposals, equally often, with weights 1 and 3.
  constexpr std::int64_t n = 100000;
  const Stream stream{7, Purpose::start};
  auto heavy = torch::empty({n}, torch::kBool);
  for (std::int64_t i = 0; i < n; ++i)
    heavy[i] = stream.uniform(static_cast<std::uint32_t>(i)) < 0.5;
  const auto chain = independence_metropolis(heavy * std::log(3.0), 2);
  const auto share = heavy.index_select(0, chain).to(torch::kDouble).reshape({100, -1}).mean(1);
  EXPECT_LT(std::abs(testing::z_score(share, 0.75)), 4);
}

} // namespace
} // namespace stint
