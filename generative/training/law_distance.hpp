#pragma once
// How far the operators of a path are from those that a model was trained on.

#include "generative/layout.hpp"
#include "generative/paths/path.hpp"
#include "generative/training/family.hpp"

namespace stint {

/// In nats of log(alpha/beta), which counts up to the law's range: beyond it noise, or data, is all there is.
struct LawDistance {
  double nats = 0;       ///< from a knot of the path to the nearest draw of the law
  std::int64_t knot = 0; ///< the one that is farthest

  /// Rare operators of a law lie up to 1.4 nats from the nearest of so many draws, common ones up to 0.4
  /// (docs/notes/operators.md).
  bool outside() const { return nats > 1.5; }
};

/// Draws 2048 operators of each family that has a weight and goes with the basis of the path, and finds the nearest one
/// to each knot but the last (of long paths to 200 of them). The distance of two operators l = log(alpha/beta) is
///   in the basis of sites    the larger of two Wasserstein distances (W1, as means over 32 quantiles): of the values l
///                            of all sites, and of the differences |l(x) - l(y)| of all neighbours. So a mask may lie
///                            anywhere; how much is known and how ragged its edges are counts;
///   in other bases           the mean of |l - l'| over modes.
/// 0 for multiples of the identity, all of which the family `scalar` draws. `layout` is that of the families.
LawDistance distance_to_law(const FamilyLaw& law, const Knots& knots, const Layout& layout, double log_ratio_range);

} // namespace stint
