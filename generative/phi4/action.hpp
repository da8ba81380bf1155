#pragma once
// The phi^4 action and force of lattice/phi4.hpp on tensors.

#include "generative/torch.hpp"
#include "lattice/phi4.hpp"

namespace stint {

/// S(phi) of fields (N, 1, L1, ..., Ld): (N) float64.
torch::Tensor phi4_action(const Phi4& theory, const torch::Tensor& phi);

/// -dS/dphi, the shape of phi.
torch::Tensor phi4_force(const Phi4& theory, const torch::Tensor& phi);

} // namespace stint
