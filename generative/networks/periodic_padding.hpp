#pragma once
// Fields with a margin copied from the other side of the lattice, for convolutions with periodic boundaries.

#include "generative/torch.hpp"

namespace stint {

/// (N, C, L1, ..., Ld) -> (N, C, L1 + 2, ..., Ld + 2), in the memory format of x. The same as at::pad(x, "circular") by
/// one site; but that has a gradient which writes the whole field for each side of each axis, half the time of a
/// training step.
torch::Tensor pad_periodic(const torch::Tensor& x);

} // namespace stint
