#include "generative/prior.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stint {

double Prior::log_ratio_range() const {
  constexpr double share = 1e-3; // of a mode's variance that is open, or known, at the ends
  const auto scales = reference().values().log().abs().max().item<double>() / 2;
  return scales - std::log(share) / 2;
}

void Prior::move_to(const Geometry& geometry) {
  if (geometry != layout().geometry)
    throw std::invalid_argument(
        fmt::format("models of the kind '{}' know the lattice {} only", kind(), layout().geometry.text()));
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
