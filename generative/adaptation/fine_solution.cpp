#include "generative/adaptation/fine_solution.hpp"

#include "generative/adaptation/levels.hpp"

namespace stint {

FineSolution fine_solution(const Drift& drift, const Path& path, const Schedule& schedule, const Operator& reference,
                           const torch::Tensor& x) {
  const torch::NoGradGuard no_gradients;
  FineSolution fine;
  const Drift recording = [&](const Pair& pair, const torch::Tensor& state) {
    auto etas = drift(pair, state);
    fine.eta1.push_back(etas.eta1.expand_as(x)); // one configuration may have been asked for all
    return etas;
  };
  const Knots way = knots(path, schedule, x.device());
  const Watch watch = [&](std::int64_t knot, const torch::Tensor& state) {
    fine.pairs.push_back(way.at(knot));
    fine.x.push_back(state);
  };
  solve(recording, x, way, {.method = Method::multistep, .reference = reference}, {}, {}, watch);
  return fine;
}

ScaleFreeSquare::ScaleFreeSquare(const Operator& reference) : basis_(reference.basis()) {
  constexpr std::int64_t parts = 8;
  const auto variance = reference.values().cpu();
  auto weights = variance.reciprocal();
  if (const auto shells = LevelGroups::shells(reference, parts); variance.dim() > 0) {
    const auto sizes = torch::bincount(shells.group.flatten()).to(torch::kDouble);
    weights = weights * static_cast<double>(variance.numel()) /
              (static_cast<double>(shells.count) * sizes.index({shells.group}));
  }
  weights_ = weights.to(reference.values().device());
}

torch::Tensor ScaleFreeSquare::operator()(const torch::Tensor& difference) const {
  const auto weighted = Operator::diagonal(basis_, weights_.sqrt())(difference.to(torch::kDouble));
  return weighted.square().mean();
}

} // namespace stint
