#pragma once
// A single field from a file: a mask, or the map of a coupling.

#include "generative/torch.hpp"
#include "lattice/geometry.hpp"

#include <string>

namespace stint {

/// The only configuration of an ensemble file, (L1, ..., Ld) float64. Throws UsageError, one line naming the file, if
/// it has another number of them or another lattice.
torch::Tensor read_field(const std::string& path, const Geometry& geometry);

} // namespace stint
