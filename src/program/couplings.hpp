#pragma once
// The couplings of phi^4 as options, in any of three parametrisations, converted once, here.

#include "lattice/phi4.hpp"

#include <optional>

namespace stint {

class Options;

/// The lattice form (--mass2, --lambda), the hopping form (--kappa, --hopping-lambda) or the continuum-style form
/// (--mu2, --g).
/// --field and --quadratic always are those of the lattice form.
struct CouplingOptions {
  Phi4 theory = {.mass2 = -4, .lambda = 4.572};
  std::optional<double> kappa, hopping_lambda, mu2, g;

  void declare(Options& options); ///< as a group "Theory"

  /// The couplings in d dimensions. Throws UsageError if parametrisations are mixed or incomplete, or if they make no
  /// sense.
  Phi4 resolve(const Options& options, int dimensions) const;
};

/// S = sum_x [-2 kappa sum_mu phi_x phi_{x+mu} + phi_x^2 + l (phi_x^2 - 1)^2] in the lattice form, whose field is
/// sqrt(kappa) times the one above:  mass2 = (1 - 2 l)/kappa - 2d,  lambda = l/kappa^2.
Phi4 from_hopping_form(double kappa, double hopping_lambda, int dimensions);

/// S = sum_x [(1/2)(d phi)^2 + (mu2/2) phi^2 + (g/4) phi^4] in the lattice form, whose field is 1/sqrt(2) times the one
/// above:  mass2 = mu2,  lambda = g.
Phi4 from_continuum_form(double mu2, double g);

} // namespace stint
