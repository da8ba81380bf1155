#include "generative/training/law_distance.hpp"

#include <algorithm>

namespace stint {
namespace {

constexpr std::int64_t draws = 2048, most_knots = 200, quantiles = 32;
constexpr std::uint32_t first_number = 8; // of a stream, as in training

/// The columns of values (n, K) at equally many of their order statistics, (n, quantiles).
torch::Tensor quantiles_of(const torch::Tensor& values) {
  const auto count = values.size(1);
  const auto at =
      ((torch::arange(quantiles, torch::kDouble) + 0.5) * (static_cast<double>(count) / quantiles)).to(torch::kLong);
  return std::get<0>(values.sort(1)).index_select(1, at);
}

/// What is compared of operators with these levels (n, L1, ..., Ld).
std::vector<torch::Tensor> features_of(const torch::Tensor& levels, const Basis& basis, const Layout& layout,
                                       double range) {
  const auto l = levels.to(torch::kFloat).logit().clamp(-range, range);
  if (basis != Basis::site())
    return {l.flatten(1)};
  std::vector<torch::Tensor> bonds;
  for (int mu = 0; mu < layout.dimensions(); ++mu) {
    const auto extent = l.size(mu + 1), pairs = layout.boundary == Boundary::periodic ? extent : extent - 1;
    bonds.push_back((l.roll(-1, mu + 1) - l).narrow(mu + 1, 0, pairs).abs().flatten(1));
  }
  return {quantiles_of(l.flatten(1)), quantiles_of(torch::cat(bonds, 1))};
}

/// The distance of each of `some` to the nearest of `all`, (n).
torch::Tensor nearest(const std::vector<torch::Tensor>& some, const std::vector<torch::Tensor>& all) {
  torch::Tensor distance;
  for (std::size_t i = 0; i < some.size(); ++i) {
    const auto one = torch::cdist(some[i], all[i], 1) / static_cast<double>(some[i].size(1));
    distance = distance.defined() ? torch::maximum(distance, one) : one;
  }
  return distance.amin(1);
}

/// (draws, L1, ..., Ld)
torch::Tensor draws_of(const Family& family, const Layout& layout) {
  auto shape = layout.sites();
  shape.insert(shape.begin(), draws);
  auto levels = torch::empty(shape, torch::kFloat);
  const auto sites = static_cast<std::size_t>(layout.volume());
  for (std::int64_t n = 0; n < draws; ++n)
    family.draw({0, Purpose::validation, static_cast<std::uint32_t>(n)}, first_number,
                {levels.data_ptr<float>() + n * layout.volume(), sites});
  return levels;
}

} // namespace

LawDistance distance_to_law(const FamilyLaw& law, const Knots& knots, const Layout& layout, double log_ratio_range) {
  const auto basis = diagonal_basis(knots.at(0));
  if (!basis || *basis == Basis::any())
    return {};
  std::vector<torch::Tensor> all;
  for (std::size_t i = 0; i < law.size(); ++i)
    if (const auto& family = law.family(i);
        law.weight(i) > 0 && (family.basis == *basis || family.basis == Basis::any()))
      all.push_back(draws_of(family, layout));
  if (all.empty())
    return {};
  std::vector<std::int64_t> numbers;
  for (std::int64_t n = 0, count = std::min(knots.steps, most_knots); n < count; ++n)
    numbers.push_back(n * knots.steps / count);
  std::vector<torch::Tensor> levels;
  for (const auto n : numbers) {
    const Pair pair = knots.at(n);
    const auto alpha = pair.alpha.values().cpu(), beta = pair.beta.values().cpu();
    levels.push_back((alpha / (alpha + beta)).expand(layout.sites()));
  }
  const auto features = [&](const torch::Tensor& of) { return features_of(of, *basis, layout, log_ratio_range); };
  const auto [distance, at] = nearest(features(torch::stack(levels)), features(torch::cat(all))).max(0);
  return {.nats = distance.item<double>(), .knot = numbers[at.item<std::int64_t>()]};
}

} // namespace stint
