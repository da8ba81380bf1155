#pragma once
// Where the steps of the multistep solver go for a given error of each: by an embedded estimate, on the way.

#include "generative/paths/path.hpp"
#include "generative/solvers/solver.hpp"

namespace stint {

struct EmbeddedSteps {
  Schedule schedule;         ///< the steps that were accepted
  std::int64_t rejected = 0; ///< tries that were too long; each has cost an evaluation, but for those of the last step
};

/// Follows the path with Method::multistep from the states x, each step as long as `tolerance` allows. The error of a
/// step is the difference between its end by the polynomial through all nodes that the solver uses, four at most, and
/// the end without the oldest of them, each mode in units of its own deviation, by ScaleFreeSquare: the root mean
/// square over configurations. A step above the tolerance is tried again, shorter. Lengths are parts of the arc of
/// `along`, whose levels are followed. In the last step there is no value at the end, and the errors are those of the
/// prediction. Throws std::invalid_argument for a tolerance <= 0 and for paths of several stages or without a common
/// basis, std::runtime_error if more than 1000 steps are needed.
///
/// The steps are chosen once, for all configurations of x together: a schedule found with a few of them serves all
/// others, so that results do not depend on what is made together with what.
EmbeddedSteps embedded_steps(const Drift& drift, const Path& path, const Schedule& along, const Operator& reference,
                             const torch::Tensor& x, double tolerance);

} // namespace stint
