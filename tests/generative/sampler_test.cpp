#include "generative/sampler.hpp"

#include "generative/phi4/free_field.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

class FreeFieldSampler : public ::testing::Test {
protected:
  const Geometry lattice{{4, 4}};
  const Phi4 theory{.mass2 = 0.5};

  Sampler sampler(const Tilt& tilt = {}) const {
    return {.drift = make_drift(
                [law = free_field_law(lattice, theory)](const Pair& pair, const torch::Tensor& signal) {
                  return law.posterior_mean(pair, signal);
                },
                tilt),
            .layout = {lattice},
            .task = generation(),
            .schedule = Schedule::log_ratio(32, 5)};
  }
};

TEST_F(FreeFieldSampler, GivesWhatIsKnownToTheSampleThatItBelongsTo) {
  // A row for each sample, one row or one field for all: with a single number known, every sample has its own.
  auto known = torch::zeros(at::IntArrayRef(Layout{lattice}.sites()), torch::kBool);
  known.flatten()[0] = true;
  Sampler conditional = sampler();
  conditional.task = inpainting(known);
  const auto observed = torch::arange(40).to(torch::kFloat).reshape({40, 1, 1, 1}).expand({40, 1, 4, 4}).contiguous();
  const auto first_site = [](const Sampler::Result& result) { return result.configurations.flatten(1).select(1, 0); };
  EXPECT_TRUE(torch::equal(first_site(conditional(5, 0, 40, observed)), torch::arange(40).to(torch::kFloat)));
  EXPECT_TRUE(torch::equal(first_site(conditional(5, 0, 40, observed.narrow(0, 7, 1))), torch::full({40}, 7.F)));
  EXPECT_TRUE(torch::equal(first_site(conditional(5, 0, 40, observed[9][0])), torch::full({40}, 9.F)));
}

TEST_F(FreeFieldSampler, GeneratesTheFreeField) {
  const auto result = sampler()(5, 0, 20000);
  // That at pure noise is of one configuration in each thread.
  EXPECT_DOUBLE_EQ(result.evaluations, 31 + at::get_num_threads() / 20000.0);
  const auto exact = free_field_moments(lattice, theory);
  const auto& x = result.configurations;
  EXPECT_LT(std::abs(testing::z_score(x.square().flatten(1).mean(1), exact.phi2)), 4);
  EXPECT_LT(std::abs(testing::z_score(x.flatten(1).mean(1).square(), exact.magnetisation_squared)), 4);
  const auto neighbours = (x * x.roll(1, 2) + x * x.roll(1, 3)).flatten(1).mean(1) / 2;
  EXPECT_LT(std::abs(testing::z_score(neighbours, exact.nearest_neighbour)), 4);
}

TEST_F(FreeFieldSampler, TiltGeneratesTheTheoryInTheField) {
  const auto x = sampler({.b = torch::tensor(0.4)})(6, 0, 20000).configurations;
  const auto exact = free_field_moments(lattice, {.mass2 = 0.5, .field = 0.4});
  EXPECT_LT(std::abs(testing::z_score(x.flatten(1).mean(1), exact.magnetisation)), 4);
  EXPECT_LT(std::abs(testing::z_score(x.square().flatten(1).mean(1), exact.phi2)), 4);
}

TEST_F(FreeFieldSampler, SamplesDoNotDependOnTheBatches) {
  for (const Method method : {Method::heun, Method::dopri5, Method::multistep, Method::sde2}) {
    auto some = sampler();
    some.solver.method = method;
    const auto all = some(5, 0, 10).configurations;
    EXPECT_LT((all.narrow(0, 7, 3) - some(5, 7, 3).configurations).abs().max().item<double>(), 1e-5);
  }
}

} // namespace
} // namespace stint
