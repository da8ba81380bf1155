#pragma once
// The levels of a path as parameters: which coordinates share them, and how they stay monotone.

#include "generative/layout.hpp"
#include "generative/operators/operator.hpp"
#include "generative/paths/schedule.hpp"

namespace stint {

/// Groups of coordinates that share their levels.
struct LevelGroups {
  Basis basis = Basis::any();
  torch::Tensor group = {}; ///< of each coordinate, from 0 to count - 1, int64; undefined: all are in one
  std::int64_t count = 1;

  /// Coordinates of about the same variance, alike() in at most `most` groups; group 0 has the largest. For fields of
  /// phi^4 these are shells of the momentum. Throws std::invalid_argument unless most >= 1.
  static LevelGroups shells(const Operator& variance, std::int64_t most);
  /// Blocks of size^d sites. Throws what block_order() throws.
  static LevelGroups blocks(const Geometry& geometry, std::int64_t size);

  /// The schedule in which the coordinates of group g have the levels[:, g]; levels (steps + 1, count) float64.
  Schedule schedule(const torch::Tensor& levels) const;
};

/// Levels (steps + 1, groups) from any real parameters (steps, groups): steps down from 1 to 0 in proportion to
/// exp(parameter). Differentiable.
torch::Tensor levels_of(const torch::Tensor& parameters);

/// Parameters of levels; steps of no length become very short ones.
torch::Tensor parameters_of(const torch::Tensor& levels);

} // namespace stint
