#pragma once
// Tasks: what masks, orders and scales make of paths.

#include "generative/layout.hpp"
#include "generative/paths/path.hpp"

#include <string>

namespace stint {

// Masks and orders are tensors (L1, ..., Ld) on the CPU.

/// Known sites: true. "random:P" knows each site with probability P (Stream{seed, Purpose::mask}), "block:AxB@X,Y"
/// knows everything but the block of A x B sites whose first corner is (X, Y) (periodic). Throws std::invalid_argument
/// for other texts.
torch::Tensor parse_mask(const std::string& text, const Geometry& geometry, std::uint64_t seed);

/// Orders number the groups of sites 0, 1, ... in which a sequential path makes them.
torch::Tensor raster_order(const Geometry& geometry);                    ///< site by site, the last direction fastest
torch::Tensor column_order(const Geometry& geometry, std::int64_t size); ///< slices of `size` along the last direction
torch::Tensor block_order(const Geometry& geometry, std::int64_t size);  ///< blocks of size^d sites in raster order
/// Blocks of size^d sites along the Morton (Z-order) curve of the lattice of blocks.
torch::Tensor morton_order(const Geometry& geometry, std::int64_t size);
/// "raster", "columns:N", "blocks:N" or "morton[:N]" (N sites wide, the default of morton 1). Throws
/// std::invalid_argument for other texts and sizes that do not divide the extents.
torch::Tensor parse_order(const std::string& text, const Geometry& geometry);

struct Task {
  Path path;
  /// What the observation is multiplied by where the path starts from it; see start_state().
  Operator scale = 1;
};

/// All coordinates together from noise to data.
Task generation(Curve curve = Curve::linear);

/// Unknown sites from noise to data. Known ones hold y = x1 + sigma xi: data if sigma = 0; otherwise y / (1 + sigma) is
/// an interpolant state at the noise level sigma / (1 + sigma), from which they move to data with the rest. With sigma
/// > 0 only the SDE with noise = 1 draws given the observation (solver.hpp).
Task inpainting(const torch::Tensor& known, double sigma = 0, Curve curve = Curve::linear);

/// Groups of sites one after another, each from noise to data in one stage. A group starts when a fraction `overlap` in
/// [0, 1) of the stage before it is still to come. The sites of `known` (if defined) are data from the start; groups
/// without other sites take no time.
Task sequential(const torch::Tensor& order, double overlap = 0, const torch::Tensor& known = {},
                Curve curve = Curve::linear);

/// Coarse to fine: modes (mode_basis()) in shells of phat^2 = sum_mu 4 sin^2(k_mu/2), each from noise to data in one
/// stage; the edges of the shells are a geometric progression from the smallest phat^2 > 0 to the largest. The zero
/// mode belongs to the first shell.
Task multiscale(const Layout& layout, int shells, double overlap = 0, Curve curve = Curve::linear);

/// Super-resolution from low modes: those with |k_mu| < pi / factor in all directions are data.
Task superresolution(const Layout& layout, int factor, Curve curve = Curve::linear);

/// Super-resolution from averages: those over blocks of factor^d sites are data.
Task block_superresolution(const Geometry& geometry, int factor, Curve curve = Curve::linear);

/// exp(-width^2 phat^2 / 2), diagonal in the modes: smears over `width` sites. Throws std::invalid_argument for a width
/// < 0.
Operator gaussian_blur(const Layout& layout, double width);

/// Denoising and deblurring, from y = blur x1 + sigma xi with sigma > 0; `blur` diagonal with entries >= 0. Draws given
/// y are made by the SDE with noise = 1 only (solver.hpp).
Task denoising(double sigma, const Operator& blur = 1, Curve curve = Curve::linear);

/// The state at the beginning of a task: the noise x0 (N, C, L1, ..., Ld) in the coordinates that start as pure noise,
/// and what was observed in the others. `observed` broadcasts with x0 and may be anything where it is not observed.
torch::Tensor start_state(const Task& task, const torch::Tensor& x0, const torch::Tensor& observed);

} // namespace stint
