#pragma once
// What a path costs: the squared Wasserstein action, its length, and the Lipschitz constant of its drift.

#include "generative/adaptation/levels.hpp"
#include "generative/drifts/drift.hpp"
#include "generative/paths/path.hpp"

namespace stint {

/// |dX|^2 of every step of a path, dX = (alpha' - alpha) eta0 + (beta' - beta) eta1 in its middle, for each pair of
/// noise x0 and data x1 (N, C, L1, ..., Ld): (steps, N) float64. No flow is integrated. Differentiable in the
/// operators. With s their mean over pairs,
///   action = int E|alpha' eta0 + beta' eta1|^2 dt = steps sum s       (arXiv:2508.04605, eq. 22; t from 0 to 1),
///   length = sum sqrt(s),
/// and action >= length^2 with equality for steps of equal length.
torch::Tensor squared_steps(const Drift& drift, const Knots& knots, const torch::Tensor& x0, const torch::Tensor& x1);

/// What to make small.
enum class Cost {
  action,   ///< int E|drift|^2 dt
  lipschitz ///< int |grad drift|^2 dt, the averaged squared Lipschitz constant (arXiv:2509.01629)
};

/// For Gaussian data with the variances P of the coordinates of `groups` (of its basis; any of one group), the levels
/// of least cost, in closed form: (steps + 1, groups). The deviation of coordinate k is sigma_k = sqrt(alpha^2 + beta^2
/// P_k), its drift (sigma_k'/sigma_k) x, so that each group moves at constant speed in
///   action: sqrt(sum over its coordinates of sigma_k'^2),   lipschitz: the largest of its |sigma_k'/sigma_k|.
/// With a group for each coordinate and Curve::trigonometric the action is sum_k (sqrt(P_k) - 1)^2, the squared
/// Wasserstein distance between noise and data; no other path has less.
torch::Tensor gaussian_levels(const LevelGroups& groups, const torch::Tensor& variance, Cost cost, Curve curve,
                              int steps);

} // namespace stint
