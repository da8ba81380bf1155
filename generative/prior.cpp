#include "generative/prior.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace stint {

double Prior::log_ratio_range() const {
  constexpr double share = 1e-3; // of a mode's variance that is open, or known, at the ends
  const auto scales = reference().values().log().abs().max().item<double>() / 2;
  return scales - std::log(share) / 2;
}

torch::Tensor Prior::loss_weights(const Pair& pair, const Look& /*look*/) const {
  constexpr double share_of_waiting = 0.2;
  if (diagonal_basis(pair) == Basis::any())
    return {};
  const auto &alpha = pair.alpha.values(), &beta = pair.beta.values();
  const auto axes = configuration_axes(alpha);
  const auto active = ((alpha > 0) & (beta > 0)).to(torch::kFloat), waiting = (beta == 0).to(torch::kFloat);
  const auto count = active.sum(axes, true), others = waiting.sum(axes, true);
  const auto share = share_of_waiting * (count / others.clamp_min(1)).clamp_max(1);
  const auto weights = active + torch::where(count > 0, share, torch::ones_like(share)) * waiting;
  return weights / weights.mean(axes, true).clamp_min(std::numeric_limits<float>::min());
}

void Prior::move_to(const Geometry& geometry) {
  if (geometry != layout().geometry)
    throw std::invalid_argument(
        fmt::format("models of the kind '{}' know the lattice {} only", kind(), layout().geometry.text()));
}

std::unique_ptr<Prior> Prior::at(double /*value*/) const {
  throw std::invalid_argument("the model knows its data's couplings only");
}

const Kind& kind_of(const Kinds& kinds, const std::string& name) {
  const auto found = std::ranges::find(kinds, name, &Kind::name);
  if (found != kinds.end())
    return *found;
  std::string known;
  for (const auto& kind : kinds)
    known += (known.empty() ? "" : ", ") + kind.name;
  throw std::invalid_argument(fmt::format("data of the kind '{}' are not known here; known: {}", name, known));
}

} // namespace stint
