#pragma once
// From measurements to numbers with error bars.

#include "analysis/observables.hpp"

#include <string>
#include <vector>

namespace stint {

struct Estimate {
  double value = 0;
  double error = 0;   ///< one standard deviation, autocorrelation included
  double tau_int = 0; ///< integrated autocorrelation time in trajectories (0.5 save spacings if independent)
  double tau_int_error = 0;
};

struct NamedEstimate {
  std::string name; ///< a name of our JSON files, e.g. "binder_cumulant"
  Estimate estimate;
};

/// All observables of the design, in its order, by the Gamma method (Wolff, hep-lat/0306017) on the chains of the
/// ensemble. All numbers are finite; an observable that the ensemble leaves undefined is left out (see derived.hpp).
/// The value is F(means), biased by O(1/N) where F is not linear: less than the error by O(1/sqrt(N)).
/// A tau_int is in trajectories: steps of the chain times the trajectories between saved configurations, which have to
/// be constant; in an ensemble whose chains have one configuration each it is 0.5. Throws std::invalid_argument if
/// there are fewer than 2 configurations, if a value is not finite, if the sizes do not fit, or if chains are saved at
/// irregular trajectories. Plans FFTs, which FFTW allows from one thread at a time only.
std::vector<NamedEstimate> estimate_all(const Measurements& measurements);

} // namespace stint
