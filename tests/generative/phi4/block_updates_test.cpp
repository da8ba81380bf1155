// Blocks drawn by a model and accepted: the law of the lattice is exact, whatever the model.

#include "generative/phi4/block_updates.hpp"

#include "tests/generative/fixtures.hpp"
#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

using testing::FreeField;

/// The exact drift of a free field of this lattice, as a model.
Sampler model(const FreeField& field, int steps) {
  return {.drift = field.drift(),
          .layout = {field.lattice},
          .task = generation(),
          .schedule = testing::log_ratio(steps),
          .solver = {.reference = field.law.covariance()}};
}

torch::Tensor modes(const torch::Tensor& fields) { return RealCoordinates(Basis::fourier()).of(fields).square(); }

TEST(BlockUpdates, LeaveTheLawOfALargerLatticeAsItIs) {
  // The window's drift takes its edges for neighbours, which they are not: some proposals are rejected, and the law of
  // the larger lattice is exact, mode by mode.
  constexpr std::int64_t chains = 1500;
  const Phi4 theory{.mass2 = 0.1, .field = 0.05};
  const FreeField window{Geometry({8, 8}), theory}, lattice{Geometry({16, 8}), theory};
  const BlockUpdates updates(model(window, 12), theory, lattice.lattice, {.block = {4, 4}}, 3);
  ASSERT_EQ(updates.windows(), 2);
  auto fields = testing::free_field(lattice.lattice, theory, 5, chains);
  const auto begin = fields;
  double accepted = 0;
  for (std::int64_t update = 0; update < 8; ++update) {
    const auto outcome = updates(fields, 0, update);
    accepted += outcome.accepted.to(torch::kDouble).mean().item<double>() / 8;
    // A block of 16 sites in each window where it was accepted, and nothing else.
    const auto changed = (outcome.configurations != fields).flatten(1).sum(1);
    EXPECT_TRUE(torch::equal(changed, 16 * outcome.accepted.sum(1))) << update;
    fields = outcome.configurations;
  }
  EXPECT_GT(accepted, 0.5);
  EXPECT_LT(accepted, 0.99);
  EXPECT_LT((begin == fields).to(torch::kDouble).mean().item<double>(), 0.4);
  const auto expected = RealCoordinates(Basis::fourier()).of(lattice.law.means()[0].reshape({1, 1, 16, 8})).square() +
                        lattice.law.covariance().values();
  const auto powers = modes(fields);
  for (int k = 0; k < 16; ++k)
    for (int q = 0; q < 8; ++q)
      EXPECT_LT(
          std::abs(testing::z_score(powers.select(2, k).select(2, q).flatten(), expected[0][0][k][q].item<double>())),
          4)
          << k << ' ' << q;
}

/// <phi^2> and <phi_x phi_{x+1}> of a chain of sites, by powers of the transfer matrix on a grid.
std::pair<double, double> chain_moments(const Phi4& theory, int sites) {
  const auto phi = torch::linspace(-4, 4, 401, torch::kDouble);
  const auto potential = theory.onsite(1) * phi.square() + theory.lambda * phi.pow(4) - theory.field * phi;
  const auto transfer = (2 * phi.unsqueeze(1) * phi - (potential.unsqueeze(1) + potential) / 2).exp() * (8.0 / 400);
  const auto rest = torch::linalg_matrix_power(transfer, sites - 1);
  const double z = (transfer * rest.t()).sum().item<double>();
  return {(phi.square() * (transfer.mm(rest)).diag()).sum().item<double>() / z,
          (phi.unsqueeze(1) * transfer * phi * rest.t()).sum().item<double>() / z};
}

TEST(BlockUpdates, MakeAChainOfPhi4FromTheDriftOfAFreeField) {
  constexpr std::int64_t chains = 3000;
  const Phi4 theory{.mass2 = -1, .lambda = 0.5, .field = 0.1};
  const FreeField wrong{Geometry({5}), {.mass2 = 1}};
  const BlockUpdates updates(model(wrong, 6), theory, wrong.lattice, {.block = {1}}, 4);
  auto fields = torch::zeros({chains, 1, 5});
  for (std::int64_t update = 0; update < 200; ++update)
    fields = updates(fields, 0, update).configurations;
  const auto [square, neighbours] = chain_moments(theory, 5);
  EXPECT_LT(std::abs(testing::z_score(fields.square().flatten(1).mean(1), square)), 4);
  EXPECT_LT(std::abs(testing::z_score((fields * fields.roll(1, 2)).flatten(1).mean(1), neighbours)), 4);
}

TEST(BlockUpdates, OfAChainDependOnNoOther) {
  const Phi4 theory{.mass2 = 0.5};
  const FreeField window{Geometry({8, 8}), theory};
  const BlockUpdates updates(model(window, 6), theory, window.lattice, {.block = {3, 2}}, 3);
  const auto fields = testing::free_field(window.lattice, theory, 5, 12);
  const auto all = updates(fields, 0, 7), some = updates(fields.narrow(0, 9, 3), 9, 7);
  EXPECT_TRUE(torch::allclose(all.configurations.narrow(0, 9, 3), some.configurations, 1e-5, 1e-5));
  EXPECT_FALSE(torch::allclose(all.configurations, updates(fields, 0, 8).configurations, 1e-5, 1e-5));
}

TEST(BlockUpdates, RefuseBlocksAndLatticesThatDoNotFit) {
  const Phi4 theory{.mass2 = 0.5};
  const FreeField window{Geometry({8, 8}), theory};
  const auto make = [&](const Geometry& lattice, std::vector<int> block) {
    return BlockUpdates(model(window, 4), theory, lattice, {.block = std::move(block), .windows = 8}, 1);
  };
  EXPECT_NO_THROW(make(Geometry({20, 8}), {4, 4}));
  EXPECT_THROW(make(Geometry({20, 8}), {5, 4}), std::invalid_argument);
  EXPECT_THROW(make(Geometry({20, 8}), {4}), std::invalid_argument);
  EXPECT_THROW(make(Geometry({20, 8}), {0, 4}), std::invalid_argument);
  EXPECT_THROW(make(Geometry({20, 4}), {4, 4}), std::invalid_argument);
  EXPECT_THROW(make(Geometry({20}), {4, 4}), std::invalid_argument);
}

} // namespace
} // namespace stint
