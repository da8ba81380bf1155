#pragma once
// The divergence of a vector field on configurations, for the log-density along the flow (THEORY 6).

#include "generative/operators/basis.hpp"

#include <functional>

namespace stint {

/// x -> F(x), fields (N, C, L1, ..., Ld), each configuration by itself.
using VectorField = std::function<torch::Tensor(const torch::Tensor& x)>;

/// For how many real coordinates of configurations each of Basis::coordinates() stands: 1, and 2 for most modes of the
/// half spectrum. float64, broadcastable to the coordinates of `fields`.
torch::Tensor multiplicity(const Basis& basis, const torch::Tensor& fields);

/// F(x), and the diagonal of its Jacobian in a basis, (N, ...) as the basis' coordinates, float64. Each entry is the
/// sum over the real coordinates that it stands for.
struct ValueAndDivergence {
  torch::Tensor value;
  torch::Tensor diagonal; ///< dF_k/dphi_k; its sum is div F = sum_x dF_x/dphi_x
  torch::Tensor identity; ///< the same of F(x) = x by the same vectors. An estimate's noise falls if the part of F that
                          ///< is known is subtracted with it

  /// div F, (N).
  torch::Tensor divergence() const { return diagonal.flatten(1).sum(1); }
};

/// (F, x, number, moving, basis) -> F(x) and the diagonal of its Jacobian; `number` counts the evaluations of a run,
/// for estimates that are random. The diagonal is that of the Jacobian's block of the sites where `moving` is true (it
/// broadcasts to x; undefined: everywhere).
using Divergence =
    std::function<ValueAndDivergence(const VectorField& field, const torch::Tensor& x, std::int64_t number,
                                     const torch::Tensor& moving, const Basis& basis)>;

/// A vector-Jacobian product for each site that moves: exact, for small volumes and as the reference.
Divergence exact_divergence();

/// Hutchinson's estimate, the mean of <v, (dF/dphi) v> over Rademacher vectors v = +-1 on what moves: unbiased for
/// log-densities, but weights exp(...) of it are biased upwards by its variance. probes(number, like) gives the vectors
/// of one evaluation, (K, N, C, L1, ..., Ld). Where no more than K sites move it is exact_divergence().
Divergence hutchinson_divergence(std::function<torch::Tensor(std::int64_t number, const torch::Tensor& like)> probes);

} // namespace stint
