#pragma once
// Which of the knots of a fine solution a few steps should end at: by dynamic programming, without asking the drift.

#include "generative/adaptation/fine_solution.hpp"

#include <functional>

namespace stint {

/// For each number of steps asked for, the knots of `fine`, steps + 1 of them from the first to the last, for which the
/// sum of the root mean square errors of the steps is least ("GITS", arXiv:2405.11326, has it for one-step solvers). A
/// step from knot i to knot j is that of Method::multistep from the fine solution's x_i with the values at i, at the
/// knot before it, and at j; its error is the distance from x_j, in units of the deviation there, by ScaleFreeSquare.
/// `progress` hears of the knots done. Throws std::invalid_argument for fewer than 1 or more steps than `fine` has.
std::vector<std::vector<std::int64_t>> dynamic_knots(const FineSolution& fine, const Operator& reference,
                                                     const std::vector<int>& steps,
                                                     const std::function<void(std::int64_t done)>& progress = {});

} // namespace stint
