#pragma once
// The law of the magnetisation over a range of a coupling: one smooth function for all values.

#include "generative/phi4/moments.hpp"

#include <vector>

namespace stint {

/// The constraint effective potential V U(M; g) = -log p(M; g) of theories that are symmetric under phi -> -phi and
/// differ in one coupling g, as a polynomial,
///   log p(M; g) = sum_{a=1..6} sum_{b=0..B} c_ab T_a(2 (M/M_max)^2 - 1) T_b(u) - log Z(u),   |M| <= M_max,
/// with Chebyshev polynomials T and u = -1 ... 1 the place of g in its range. On a finite lattice U is analytic in M^2
/// and g, and nearly linear in g.
struct EffectivePotential {
  double largest = 0;               ///< M_max
  torch::Tensor coefficients = {};  ///< c, (6, B + 1) float64
  torch::Tensor square_mean = {};   ///< of sum_x (phi_x - M)^2 given M, polynomials of the same kind: (a, b)
  torch::Tensor square_spread = {}; ///< log of its variance given M, likewise

  MagnetisationLaw at(double u) const;
};

/// The coefficients of largest likelihood: the polynomial's moments are those of the data, all ensembles together. An
/// ensemble at each place of `u`, each with the same weight. The likelihood is concave, Newton's method finds its
/// maximum. Throws std::invalid_argument if it does not, which laws that are no smooth function of M and g may cause.
EffectivePotential fit_effective_potential(const std::vector<MagnetisationLaw>& laws, const std::vector<double>& u);

} // namespace stint
