#pragma once
// The free field as a law with an exact drift.

#include "generative/drifts/gaussian.hpp"
#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"

namespace stint {

/// The free field of lattice/free_field.hpp: fields (N, 1, L1, ..., Ld).
GaussianMixture free_field_law(const Geometry& geometry, const Phi4& theory);

} // namespace stint
