#pragma once
// One solution with many steps: the truth that solutions with few steps are measured against.

#include "generative/paths/path.hpp"
#include "generative/solvers/solver.hpp"

namespace stint {

/// States and drifts at the knots of a solution. Adaptation knows what is right from these alone.
struct FineSolution {
  std::vector<Pair> pairs;         ///< at the knots
  std::vector<torch::Tensor> x;    ///< (N, C, L1, ..., Ld) at the knots; x[0] is where few steps begin as well
  std::vector<torch::Tensor> eta1; ///< at the knots 0, ..., steps - 1
};

/// The ODE from the states x at the beginning of the path, by Method::multistep.
FineSolution fine_solution(const Drift& drift, const Path& path, const Schedule& schedule, const Operator& reference,
                           const torch::Tensor& x);

/// How much differences of fields count: the square of each coordinate of `reference`'s basis over the variance there,
/// averaged first over coordinates whose log-variances share one of eight parts of their range, then over these parts,
/// so that long and short waves count alike; the mean over configurations. A difference as large as the reference law
/// itself gives 1. Differentiable.
class ScaleFreeSquare {
public:
  explicit ScaleFreeSquare(const Operator& reference);
  torch::Tensor operator()(const torch::Tensor& difference) const;

private:
  Basis basis_;
  torch::Tensor weights_; // of coordinates, of the mean 1 over them
};

} // namespace stint
