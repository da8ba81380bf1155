#include "generative/phi4/mean_correction.hpp"

#include "generative/phi4/prior.hpp"

#include <limits>

namespace stint {

MeanCorrection MeanCorrection::to(torch::Device device) const {
  return known() ? MeanCorrection{zero_mode.to(device), shells.to(device)} : *this;
}

MeanCorrectionFit::LeastSquares::LeastSquares(std::int64_t points, torch::Device device)
    : matrix(torch::zeros({points, points}, torch::TensorOptions(torch::kDouble).device(device))),
      right(torch::zeros({points}, matrix.options())), samples(torch::zeros({}, matrix.options())) {}

void MeanCorrectionFit::LeastSquares::add(const GridWeights& at, const torch::Tensor& values,
                                          const torch::Tensor& weights) {
  at.add_to_normal_equations(matrix, right, weights, values);
  samples += values.size(0);
}

torch::Tensor MeanCorrectionFit::LeastSquares::solution(const SumOverRanks& sum) const {
  constexpr double zeros = 4; // samples of the value 0
  const auto all = sum(matrix).cpu(), sums = sum(right).cpu(), count = sum(samples).cpu();
  auto result = torch::zeros(sums.sizes(), torch::kDouble);
  const auto met = all.diagonal().nonzero().flatten();
  if (met.numel() > 0) {
    const auto ridge = zeros / count * all.diagonal().sum() * torch::eye(met.size(0), torch::kDouble);
    result.index_put_(
        {met}, torch::linalg_solve(all.index_select(0, met).index_select(1, met) + ridge, sums.index_select(0, met)));
  }
  return result.to(torch::kFloat);
}

MeanCorrectionFit::MeanCorrectionFit(const Phi4Prior& prior)
    : prior_(prior), zero_mode_(MeanCorrection::zero_mode_points, prior.device()) {
  for (int i = 0; i < Phi4Prior::shell_count; ++i)
    shells_.emplace_back(MeanCorrection::shell_points, prior.device());
}

void MeanCorrectionFit::add(const Pair& pair, const torch::Tensor& signal, const torch::Tensor& target,
                            const Look& look, const torch::Tensor& answer, double k2_below) {
  const auto at = prior_.place(pair, signal, look.estimate, k2_below, prior_.moments_at(k2_below));
  const auto missed = (answer.flatten(1).mean(1) - at.magnetisation) / prior_.magnetisation_deviation();
  zero_mode_.add(at.zero_mode, missed, torch::ones_like(missed));
  const auto energies = prior_.shell_products(look.estimate, look.estimate).unbind(1);
  const auto misses = prior_.shell_products(look.estimate, answer - target).unbind(1);
  for (std::size_t i = 0; i < shells_.size(); ++i)
    shells_[i].add(at.shells, misses[i] / energies[i].clamp_min(std::numeric_limits<float>::min()), energies[i]);
}

void MeanCorrectionFit::finish(Prior& prior, const SumOverRanks& sum) const {
  std::vector<torch::Tensor> of_shells;
  for (const auto& equations : shells_)
    of_shells.push_back(equations.solution(sum));
  const MeanCorrection found{zero_mode_.solution(sum), torch::stack(of_shells, 1)};
  dynamic_cast<Phi4Prior&>(prior).set_correction(found.to(prior_.device()));
}

} // namespace stint
