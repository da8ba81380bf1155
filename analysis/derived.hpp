#pragma once
// Observables as functions of the means of the primary values, with their gradients.

#include "analysis/observables.hpp"

#include <array>
#include <string>
#include <vector>

namespace stint {

using PrimaryMeans = std::array<double, primary_count>;

/// F(means) and dF/dmeans.
struct DerivedObservable {
  std::string name; ///< as in our JSON files
  double value = 0;
  std::array<double, primary_count> gradient{};
};

/// The observables of the design, in its order:
///   magnetisation                 <M>
///   abs_magnetisation             <|M|>
///   magnetisation_squared         <M^2>
///   susceptibility                V (<M^2> - <M>^2)
///   susceptibility_abs            V (<M^2> - <|M|>^2)
///   susceptibility_disconnected   V <M^2>
///   binder_cumulant               1 - <M^4> / (3 <M^2>^2)
///   phi2, phi4                    <phi^2>, <phi^4>
///   nearest_neighbour             <phi_x phi_{x+mu}>, mean over directions
///   action_density                <S>/V
///   correlation_length            second moment: sqrt(G(0)/G(p) - 1) / (2 sin(p/2)), p = 2 pi / L along the longest
///   directions,
///                                 G(0) = V (<M^2> - <M>^2), G(p) = <|phi(p)|^2>/V; lattice units
/// G(0) is connected whether or not a field is on: where <M> = 0 by symmetry its estimate changes G(0) by a relative 2
/// tau_int/N only, less than the error, and prior, tilted and model ensembles are compared in one definition.
///
/// An observable that these means leave undefined is left out: the Binder cumulant if <M^2> = 0, the correlation length
/// unless G(0) > G(p) > 0 (a length below what the lattice or the statistics resolve).
std::vector<DerivedObservable> derived_observables(const Geometry& geometry, const PrimaryMeans& means);

} // namespace stint
