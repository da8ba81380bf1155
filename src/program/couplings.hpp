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

  /// Our field is this many times the field of the form in which the couplings are given: 1, sqrt(kappa) or 1/sqrt(2)
  /// (lattice/phi4.hpp).
  double field_unit() const;
};

} // namespace stint
