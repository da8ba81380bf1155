#pragma once
// The error of few steps, as an objective for their levels.

#include "generative/adaptation/fine_solution.hpp"

namespace stint {

/// ScaleFreeSquare of the end of a solution with this schedule minus the end of the fine one, from the same states, of
/// the configurations first, ..., first + count - 1. Differentiable in the schedule's levels, through the solver (LD3,
/// arXiv:2405.15506, learns the knots of a scalar schedule so). Throws std::invalid_argument for the SDEs, whose end is
/// no function of the start.
torch::Tensor solver_error(const Drift& drift, const Path& path, const Schedule& schedule, const SolverOptions& solver,
                           const FineSolution& fine, std::int64_t first, std::int64_t count);

} // namespace stint
