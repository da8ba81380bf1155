#pragma once
// Operators that a model of paths through a maze is trained on.

#include "generative/training/family.hpp"

namespace stint {

/// Families for paths, (2, T) positions at equal distances in time: those of standard_families() on sites, with another
/// law of what is known:
///   known   exactly, or with noise: the start and one later point, waypoints after the start, a beginning (with or
///           without a later point), random points. The others are at one level; or only one of them, or a stretch, is
///           on its way, and the rest waits.
/// |log(alpha/beta)| is drawn up to log_ratio_range.
FamilyList maze_families(const Layout& layout, double log_ratio_range);

} // namespace stint
