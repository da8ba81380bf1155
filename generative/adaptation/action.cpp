#include "generative/adaptation/action.hpp"

namespace stint {
namespace {

constexpr int fine = 4000; // intervals of the level in closed forms

/// sigma of coordinates with the variances P (K) at levels r (n): (n, K).
torch::Tensor deviations(const torch::Tensor& r, const torch::Tensor& variance, Curve curve) {
  const Pair pair = pair_of_levels(Basis::any(), r.unsqueeze(1), curve);
  return (pair.alpha.values().square() + pair.beta.values().square() * variance).sqrt();
}

} // namespace

torch::Tensor squared_steps(const Drift& drift, const Knots& knots, const torch::Tensor& x0, const torch::Tensor& x1) {
  std::vector<torch::Tensor> squares;
  Pair from = knots.at(0);
  for (std::int64_t i = 0; i < knots.steps; ++i) {
    const Pair to = knots.at(i + 1);
    const Pair middle = {0.5 * (from.alpha + to.alpha), 0.5 * (from.beta + to.beta)};
    const auto [eta0, eta1] = drift(middle, interpolate(middle, x0, x1));
    const auto change = (to.alpha - from.alpha)(eta0) + (to.beta - from.beta)(eta1);
    squares.push_back(change.to(torch::kDouble).square().flatten(1).sum(1));
    from = to;
  }
  return torch::stack(squares);
}

torch::Tensor gaussian_levels(const LevelGroups& groups, const torch::Tensor& variance, Cost cost, Curve curve,
                              int steps) {
  const auto r = torch::linspace(1, 0, fine + 1, torch::kDouble);
  auto power = variance.cpu();
  if (groups.group.defined())
    power = power.expand_as(groups.group);
  std::vector<torch::Tensor> levels;
  for (std::int64_t g = 0; g < groups.count; ++g) {
    const auto members = groups.group.defined() ? power.masked_select(groups.group == g) : power.flatten();
    const auto sigma = deviations(r, members, curve);
    const auto speed = cost == Cost::action ? sigma.diff(1, 0).square().sum(1).sqrt()
                                            : std::get<0>(sigma.log().diff(1, 0).abs().max(1));
    levels.push_back(equal_arcs(r, speed, steps));
  }
  return torch::stack(levels, 1);
}

} // namespace stint
