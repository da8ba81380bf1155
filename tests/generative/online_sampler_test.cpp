// Orders that are chosen on the way: variances and orders of a Gaussian law against dense algebra, and the law of what
// is made.

#include "generative/online_sampler.hpp"

#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const testing::FreeField free_field{Geometry({6, 6}), {.mass2 = 0.15}};

OnlineSampler online(ChooseGroup choose, const torch::Tensor& groups, const torch::Tensor& known = {},
                     Method method = Method::multistep) {
  return {.sampler = {.drift = free_field.drift(),
                      .layout = {free_field.lattice},
                      .task = sequential(groups, 0, known),
                      .schedule = Schedule::scales(8, free_field.law.covariance().values()),
                      .solver = {.method = method, .reference = free_field.law.covariance()}},
          .groups = groups,
          .choose = std::move(choose)};
}

/// Cov[x1 | the made sites, an observation of this precision of every other], (V, V) with zeros for made sites.
torch::Tensor conditional(const torch::Tensor& made, double precision) {
  const auto open = made.flatten().logical_not().nonzero().flatten();
  const auto inverse = torch::linalg_inv(free_field.exact.covariance);
  const auto of_open = inverse.index_select(0, open).index_select(1, open);
  const auto covariance = torch::linalg_inv(of_open + precision * torch::eye(open.numel(), torch::kDouble));
  auto all = torch::zeros_like(inverse);
  for (std::int64_t i = 0; i < open.numel(); ++i)
    for (std::int64_t j = 0; j < open.numel(); ++j)
      all[open[i].item<std::int64_t>()][open[j].item<std::int64_t>()] = covariance[i][j];
  return all;
}

/// Of the averages of groups over their open sites, (G).
torch::Tensor exact_variances(const torch::Tensor& groups, const torch::Tensor& made, double precision) {
  const auto covariance = conditional(made, precision);
  std::vector<torch::Tensor> variances;
  for (std::int64_t g = 0; g <= groups.max().item<std::int64_t>(); ++g) {
    const auto v = ((groups == g) & ~made).flatten().to(torch::kDouble);
    variances.push_back(v.dot(covariance.mv(v)) / v.sum().clamp_min(1).square());
  }
  return torch::stack(variances);
}

Seen seen_of(const torch::Tensor& made, const torch::Tensor& groups) {
  std::vector<torch::Tensor> waiting;
  for (std::int64_t g = 0; g <= groups.max().item<std::int64_t>(); ++g)
    waiting.push_back(((groups == g) & ~made).flatten(1).any(1));
  return {torch::sin(torch::arange(made.numel(), torch::kFloat)).reshape(made.sizes()) * made, made, groups,
          torch::stack(waiting, 1)};
}

TEST(GroupVariances, AreThoseOfTheGaussianConditional) {
  const auto groups = block_order(free_field.lattice, 2);
  const auto one = parse_mask("random:0.4", free_field.lattice, 1),
             other = parse_mask("random:0.7", free_field.lattice, 2);
  const auto made = torch::stack({one, other, torch::zeros_like(one)}).unsqueeze(1);
  const auto seen = seen_of(made, groups);
  const auto found = group_variances(free_field.drift(), seen, 0.02);
  for (std::int64_t n = 0; n < 3; ++n) {
    const auto exact = exact_variances(groups, made[n][0], 0.02);
    EXPECT_LT((found[n] / exact - 1).masked_select(seen.waiting[n]).abs().max().item<double>(), 1e-4) << n;
    EXPECT_EQ(found[n].masked_select(~seen.waiting[n]).abs().sum().item<double>(), 0);
  }
}

TEST(OnlineOrder, IsThatOfTheExactConditionalVariances) {
  const auto groups = block_order(free_field.lattice, 2);
  const auto known = parse_mask("block:5x6@0,0", free_field.lattice, 1); // one line is known
  for (const bool largest : {true, false}) {
    const auto sampler = online(
        choose_by_variance(free_field.drift(), largest, weak_precision(free_field.law.covariance())), groups, known);
    const auto order = sampler(3, 0, 2, torch::randn({2, 1, 6, 6})).order;
    // The same by dense algebra, with no observation of the others.
    std::vector<std::int64_t> expected;
    for (auto made = known.clone(); !made.all().item<bool>();) {
      const auto variance = exact_variances(groups, made, 0);
      std::int64_t best = -1;
      for (std::int64_t g = 0; g < variance.numel(); ++g) {
        const double v = variance[g].item<double>();
        const double b = best < 0 ? 0 : variance[best].item<double>();
        if (v > 0 && (best < 0 || (largest ? v > 1.001 * b : v < 0.999 * b)))
          best = g;
      }
      expected.push_back(best);
      made = made | (groups == best);
    }
    for (std::int64_t n = 0; n < 2; ++n)
      EXPECT_TRUE(order[n].equal(torch::tensor(expected))) << largest << order << torch::tensor(expected);
  }
}

TEST(OnlineOrder, InAFixedOrderTheResultIsThatOfTheSequentialPath) {
  const auto groups = block_order(free_field.lattice, 3);
  const ChooseGroup first = [](const Seen& seen) { return seen.waiting.to(torch::kLong).argmax(1); };
  for (const auto method : {Method::multistep, Method::heun, Method::sde2}) {
    const auto sampler = online(first, groups, {}, method);
    const auto found = sampler(5, 2, 4).samples.configurations, fixed = sampler.sampler(5, 2, 4).configurations;
    EXPECT_LT((found - fixed).abs().max().item<double>(), 2e-5);
  }
}

TEST(OnlineOrder, MayDependOnWhatIsMadeAndLeavesTheLaw) {
  const auto groups = block_order(free_field.lattice, 3);
  // The last block, or the first, by the sign of the sum so far; only made sites may be looked at.
  bool only_made = true;
  const ChooseGroup by_sign = [&](const Seen& seen) {
    only_made = only_made && (seen.x * ~seen.made).abs().max().item<double>() == 0;
    const auto order = torch::arange(seen.waiting.size(1));
    const auto sign = torch::where(seen.x.flatten(1).sum(1) > 0, 1, -1).unsqueeze(1);
    return (order * sign).masked_fill(~seen.waiting, -1000).argmax(1);
  };
  constexpr std::int64_t count = 1024;
  const auto result = online(by_sign, groups)(11, 0, count);
  EXPECT_TRUE(only_made);
  EXPECT_FALSE((result.order == result.order[0]).all().item<bool>()) << "the order depends on nothing";
  const auto x = result.samples.configurations.flatten(1).to(torch::kDouble);
  const auto covariance = x.t().mm(x) / count;
  const auto& exact = free_field.exact.covariance;
  const auto diagonal = exact.diag().unsqueeze(1);
  const auto error = ((diagonal * diagonal.t() + exact.square()) / count).sqrt();
  const auto z = (covariance - exact) / error;
  EXPECT_LT(z.abs().max().item<double>(), 5); // of 666 numbers
  EXPECT_LT((x.mean(0) / (exact.diag() / count).sqrt()).abs().max().item<double>(), 4);
}

TEST(OnlineOrder, DoesNotDependOnTheBatch) {
  const auto groups = block_order(free_field.lattice, 2);
  const auto sampler = online(choose_by_variance(free_field.drift(), true, 0.01), groups);
  const auto all = sampler(3, 0, 3), last = sampler(3, 2, 1);
  EXPECT_TRUE(all.order[2].equal(last.order[0]));
  EXPECT_LT((all.samples.configurations[2] - last.samples.configurations[0]).abs().max().item<double>(), 1e-5);
}

TEST(OnlineOrder, RefusesGroupsThatDoNotWait) {
  const auto groups = block_order(free_field.lattice, 3);
  const ChooseGroup always_the_same = [](const Seen& seen) { return torch::zeros({seen.x.size(0)}, torch::kLong); };
  EXPECT_THROW(online(always_the_same, groups)(1, 0, 1), std::invalid_argument);
  auto stops = online(always_the_same, groups);
  stops.sampler.until = 1;
  EXPECT_THROW(stops(1, 0, 1), std::invalid_argument);
}

} // namespace
} // namespace stint
