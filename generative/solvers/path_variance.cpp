#include "generative/solvers/path_variance.hpp"

#include <algorithm>

namespace stint {
namespace {

constexpr double range = 3, spacing = 0.25; // of the table of sites, in root mean squares of eta1
constexpr std::int64_t intervals = 24;      // 2 range / spacing
constexpr double prior_sites = 100;         // for which a value of the table counts as 1
constexpr double least = 0.05;              // of the table

/// Where values stand in the table: the entry to the left, and how far they are from it.
struct Position {
  torch::Tensor left, rest;

  explicit Position(const torch::Tensor& values) {
    const auto place = ((values.clamp(-range, range) + range) / spacing).clamp(0, intervals);
    const auto floor = place.floor().clamp_max(intervals - 1);
    left = floor.to(torch::kLong).flatten();
    rest = (place - floor).flatten();
  }

  /// Sums of terms, each shared out to the entries on its two sides.
  torch::Tensor sums(const torch::Tensor& terms) const {
    const auto t = terms.flatten();
    return torch::zeros({intervals + 1}, t.options())
        .index_add(0, left, t * (1 - rest))
        .index_add(0, left + 1, t * rest);
  }
  torch::Tensor of(const torch::Tensor& table) const {
    return torch::lerp(table.index_select(0, left), table.index_select(0, left + 1), rest);
  }
};

/// The sum over knots near each one, (steps, ...).
torch::Tensor running_sums(const std::vector<torch::Tensor>& rows, std::int64_t window) {
  const auto all = torch::stack(rows);
  const auto steps = all.size(0);
  std::vector<torch::Tensor> sums;
  for (std::int64_t k = 0; k < steps; ++k)
    sums.push_back(all.slice(0, std::max<std::int64_t>(0, k - window), std::min(steps, k + window + 1)).sum(0));
  return torch::stack(sums);
}

} // namespace

torch::Tensor alike(const torch::Tensor& variances, int groups) {
  const auto depth = variances.max().log() - variances.log();
  const double width = depth.max().item<double>() / groups * (1 + 1e-9);
  return width > 1e-9 ? (depth / width).floor().to(torch::kLong) : torch::zeros_like(depth, torch::kLong);
}

PosteriorVariance measured_variance(const Drift& drift, const Knots& knots, const RealCoordinates& coordinates,
                                    const torch::Tensor& variances, const torch::Tensor& x1, const StepNoise& noise,
                                    const VarianceSettings& settings, const std::function<bool()>& interrupted) {
  const torch::NoGradGuard no_gradients;
  const auto truth = x1.to(torch::kDouble);
  const auto extents = truth.sizes().slice(2);
  const auto P = variances.expand(extents);
  const auto groups = alike(P, settings.groups);
  const auto index = groups.flatten();
  const auto count = index.max().item<std::int64_t>() + 1;
  // Sums over samples, channels and the coordinates of each group.
  const auto sums = [&](const torch::Tensor& terms) {
    const auto of_coordinates = terms.expand(truth.sizes()).sum(std::vector<std::int64_t>{0, 1}).flatten();
    return torch::zeros({count}, of_coordinates.options()).index_add(0, index, of_coordinates);
  };
  std::vector<torch::Tensor> errors, expected, site_errors, sites, scales;
  Pair from = knots.at(0);
  for (std::int64_t k = 0; k < knots.steps; ++k) {
    if (interrupted && interrupted())
      throw Interrupted();
    const Pair to = knots.at(k + 1);
    const auto moves = ((from.alpha.values() != to.alpha.values()) | (from.beta.values() != to.beta.values()))
                           .to(torch::kDouble)
                           .expand(truth.sizes());
    const auto x = interpolate(from, noise(k, x1), x1);
    double evaluations = 0;
    const auto eta1 = posterior_mean_fields(drift, from, x, evaluations);
    const auto gaussian = gaussian_posterior_variance(P, from);
    errors.push_back(sums(coordinates.of(truth - eta1).square() * moves));
    expected.push_back(sums(gaussian * moves));
    if (settings.sites) {
      const auto open = (truth - eta1).square() * moves;
      const auto of_sites = coordinates.of_sites(gaussian, extents).clamp_min(1e-300) * moves;
      const auto factor = open.sum() / of_sites.sum();
      const auto relative = torch::where(moves > 0, open / (of_sites * factor), moves);
      scales.push_back(((eta1.square() * moves).sum() / moves.sum().clamp_min(1)).sqrt().clamp_min(1e-30));
      const Position position(eta1 / scales.back());
      site_errors.push_back(position.sums(relative));
      sites.push_back(position.sums(moves));
    }
    from = to;
  }
  const auto above = running_sums(errors, settings.window), below = running_sums(expected, settings.window);
  const auto ratios = torch::where((above > 0) & (below > 0), above / below, torch::ones_like(above));
  PosteriorVariance measured;
  measured.of_coordinates = [P, ratios, index, shape = groups.sizes().vec()](std::int64_t k, const Pair& pair) {
    return gaussian_posterior_variance(P, pair) * ratios[k].index_select(0, index).reshape(shape);
  };
  if (settings.sites) {
    const auto table = ((running_sums(site_errors, settings.window) + prior_sites) /
                        (running_sums(sites, settings.window) + prior_sites))
                           .clamp_min(least);
    measured.of_sites = [table, scales = torch::stack(scales)](std::int64_t k, const torch::Tensor& eta1) {
      return Position(eta1 / scales[k]).of(table[k]).reshape(eta1.sizes());
    };
  }
  return measured;
}

} // namespace stint
