#pragma once
// The modes of a lattice: plane waves where it is periodic, cosines where its boundaries are open.

#include "generative/layout.hpp"
#include "generative/operators/basis.hpp"

namespace stint {

/// Basis::fourier() or Basis::cosine().
Basis mode_basis(const Layout& layout);

/// phat^2 = sum_mu 4 sin^2(p_mu/2) of every mode, (L1, ..., Ld) float64; p = 2 pi n/L, or pi n/L with open boundaries.
torch::Tensor phat2_of(const Layout& layout);

/// The modes with |p_mu| < pi / factor in all directions, (L1, ..., Ld) bool.
torch::Tensor modes_below(const Layout& layout, double factor);

} // namespace stint
