#pragma once
// What makes samples of an approximate model exact (THEORY 6).

#include "generative/torch.hpp"
#include "lattice/random.hpp"

namespace stint {

/// (sum w)^2 / (N sum w^2) of w = exp(log_weight), log_weight (N): between 1/N and 1. 1 means that q is the target.
double effective_sample_fraction(const torch::Tensor& log_weight);

/// log Z with its error, Z = <w> the integral of the target, w = exp(log_weight), log_weight (N) of independent
/// samples: the error is that of the mean, sqrt((1/f - 1)/N) with f the effective_sample_fraction(). Weights of
/// estimated densities are biased upwards.
struct LogZ {
  double value = 0, error = 0;
};
LogZ log_mean_weight(const torch::Tensor& log_weight);

/// Independence Metropolis over proposals in their order: moves from x to x' with probability min(1, w'/w). Entry n of
/// the result is the index of the proposal where the chain is after step n; it starts at the first one of finite
/// weight. Number n of Stream{seed, Purpose::independence} decides about proposal n. A proposal whose log-weight is not
/// finite is refused. Throws std::invalid_argument if no weight is finite.
torch::Tensor independence_metropolis(const torch::Tensor& log_weight, std::uint64_t seed);

} // namespace stint
