#pragma once
// The phi^4 action and its force: the plain reference that every fast kernel is tested against.

#include "lattice/geometry.hpp"

#include <span>

namespace stint {

/// Couplings of
///   S(phi) = sum_x [ (2d + mass2) phi_x^2 + lambda phi_x^4 - 2 sum_mu phi_x phi_{x+mu} - field phi_x - quadratic
///   phi_x^2 ]
/// (lattice units). lambda = 0 is the free field of squared mass mass2 - quadratic in a source `field`.
struct Phi4 {
  double mass2 = 0;     ///< m^2
  double lambda = 0;    ///< quartic coupling
  double field = 0;     ///< h, magnetic field
  double quadratic = 0; ///< k2, shift of the squared mass

  /// The coefficient of phi_x^2 in S in d dimensions: 2d + mass2 - quadratic.
  double onsite(int dimensions) const { return 2.0 * dimensions + mass2 - quadratic; }

  /// Throws std::invalid_argument if a coupling is not finite or the weight exp(-S) cannot be normalised on any lattice
  /// (lambda < 0, or lambda = 0 without a positive squared mass).
  void validate() const;

  bool operator==(const Phi4&) const = default;
};

/// S(phi); phi has geometry.volume() sites. Summed in double.
template<class Real> double action(const Geometry& geometry, const Phi4& theory, std::span<const Real> phi);

/// force[x] = -dS/dphi_x = -2 onsite phi_x - 4 lambda phi_x^3 + 2 sum_mu (phi_{x+mu} + phi_{x-mu}) + field.
template<class Real>
void force(const Geometry& geometry, const Phi4& theory, std::span<const Real> phi, std::span<Real> force);

} // namespace stint
