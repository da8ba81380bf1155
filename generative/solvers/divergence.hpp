#pragma once
// The divergence of a velocity field, for the log-density along the flow (THEORY 6).

#include "generative/torch.hpp"

#include <functional>

namespace stint {

/// A velocity x -> F(x), fields (N, C, L1, ..., Ld), each configuration by itself.
using Velocity = std::function<torch::Tensor(const torch::Tensor& x)>;

/// F(x), and div F(x) = sum_x dF_x/dphi_x, (N) float64.
struct VelocityAndDivergence {
  torch::Tensor velocity, divergence;
};

/// (F, x, number, moving) -> F(x) and its divergence; `number` counts the evaluations of a run, for estimates that are
/// random. F is zero, whatever x, but where `moving` is true (it broadcasts to x; undefined: everywhere). The
/// divergence is the trace over these coordinates.
using Divergence = std::function<VelocityAndDivergence(const Velocity& velocity, const torch::Tensor& x,
                                                       std::int64_t number, const torch::Tensor& moving)>;

/// A vector-Jacobian product for each coordinate that moves: exact, for small volumes and as the reference.
Divergence exact_divergence();

/// Hutchinson's estimate, the mean of <v, (dF/dphi) v> over Rademacher vectors v = +-1 on what moves: unbiased for
/// log-densities, but weights exp(...) of it are biased upwards by its variance. probes(number, like) gives the vectors
/// of one evaluation, (K, N, C, L1, ..., Ld).
Divergence hutchinson_divergence(std::function<torch::Tensor(std::int64_t number, const torch::Tensor& like)> probes);

} // namespace stint
