#include "generative/adaptation/solver_error.hpp"

#include <stdexcept>

namespace stint {

torch::Tensor solver_error(const Drift& drift, const Path& path, const Schedule& schedule, const SolverOptions& solver,
                           const FineSolution& fine, std::int64_t first, std::int64_t count) {
  if (solver.method == Method::sde || solver.method == Method::sde2)
    throw std::invalid_argument("the end of an SDE is no function of its start; adapt a path to the solver of an ODE");
  const auto start = fine.x.front().narrow(0, first, count);
  const auto end = solve(drift, start, knots(path, schedule, start.device()), solver).x;
  return ScaleFreeSquare(solver.reference)(end - fine.x.back().narrow(0, first, count));
}

} // namespace stint
