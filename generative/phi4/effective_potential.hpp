#pragma once
// The law of the magnetisation over a range of a coupling: one smooth function for all values.

#include "generative/phi4/moments.hpp"

#include <vector>

namespace stint {

/// The constraint effective potential V U(M; g) = -log p(M; g) of theories that are symmetric under phi -> -phi and
/// differ in one coupling g, as a polynomial,
///   log p(M; g) = sum_b sum_{a=1..A_b} c_ab T_a(2 (M/M_max)^2 - 1) T_b(u) - log Z(u),   |M| <= M_end(u),
/// with Chebyshev polynomials T, u = -1 ... 1 the place of g in its range, and A_b = 6, 4, 2, 2 for b = 0 ... 3. On a
/// finite lattice U is analytic in M^2 and g, nearly linear in g, and the higher powers of M hardly depend on g. Beyond
/// M_end, a little above all that the data have, a polynomial says nothing.
struct EffectivePotential {
  static constexpr std::int64_t powers = 6; ///< of M^2
  torch::Tensor places = {};                ///< u of the ensembles, (E) float64 ascending
  torch::Tensor ends = {};                  ///< M_end there, linear in between; M_max is the largest
  torch::Tensor coefficients = {};          ///< c, (6, B + 1) float64, B at most E - 2 but for E = 2
  torch::Tensor square_mean = {};           ///< of sum_x (phi_x - M)^2 given M, polynomials of the same kind: (a, b)
  torch::Tensor square_spread = {};         ///< log of its variance given M, likewise

  MagnetisationLaw at(double u) const;
  double end(double u) const;                                  ///< M_end
  double largest() const { return ends.max().item<double>(); } ///< M_max
};

/// The coefficients of largest likelihood: the polynomial's moments are those of the data, all ensembles together. An
/// ensemble at each place of `u`, all different, each with the same weight. The likelihood is concave, Newton's method
/// finds its maximum. Throws std::invalid_argument if it does not, or if <M^2> is then not that of an ensemble, or
/// between two of them far from both: their laws are too far apart for a smooth function.
EffectivePotential fit_effective_potential(const std::vector<MagnetisationLaw>& laws, const std::vector<double>& u);

} // namespace stint
