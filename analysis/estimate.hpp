#pragma once
// From measurements to numbers with error bars.

#include "analysis/chains.hpp"
#include "analysis/observables.hpp"
#include "analysis/primaries.hpp"

#include <limits>
#include <string>
#include <vector>

namespace stint {

struct Estimate {
  double value = 0;
  double error = 0;   ///< one standard deviation, autocorrelation included
  double tau_int = 0; ///< integrated autocorrelation time in trajectories (0.5 save spacings if independent)
  double tau_int_error = 0;
  double jackknife_error = std::numeric_limits<double>::quiet_NaN(); ///< the same error from blocks, a cross-check
};

struct NamedEstimate {
  std::string name; ///< a name of our JSON files, e.g. "binder_cumulant"
  Estimate estimate;
  std::string undefined; ///< why all of it is NaN: what the observable needs that the ensemble lacks; else empty
};

/// All observables, in the order of their rows (observables.hpp), by the Gamma method (Wolff, hep-lat/0306017) on the
/// chains of the ensemble. All numbers but jackknife_error are finite, except of an observable that the ensemble leaves
/// undefined. The value is F(means), biased by O(1/N) where F is not linear: less than the error by
/// O(1/sqrt(N)). A tau_int is in trajectories: steps of time (see split_chains, gamma_method for gaps) times their
/// spacing; in an ensemble whose chains have one configuration each it is 0.5. jackknife_error comes from blocks of 10
/// times the largest tau_int (see jackknife.hpp) and is NaN unless there are at least 16 blocks that long.
///
/// With weights w_i the means are <a> = sum_i w_i a_i / sum_i w_i, importance sampling with weights known up to a
/// factor, and errors are those of this quotient: the series w_i (a_i - <a>) / wbar has mean 0 and fluctuates as <a>
/// does. Biased by O(1/(N effective_sample_fraction)).
///
/// Throws std::invalid_argument if there are fewer than 2 configurations, if a value is not finite, if the sizes do not
/// fit, or for what split_chains throws. Nothing else may plan FFTs meanwhile.
std::vector<NamedEstimate> estimate_all(const Measurements& measurements, ObservableRows rows = observables());

/// The same where the chains have been split already.
std::vector<NamedEstimate> estimate_all(const Measurements& measurements, const Chains& chains,
                                        ObservableRows rows = observables());

/// (sum_i w_i)^2 / (N sum_i w_i^2), the share of configurations that count (Kong's effective sample size); 1 without
/// weights. Between 1/N and 1; many small weights hide a missing part of the law from it.
double effective_sample_fraction(const Measurements& measurements);

} // namespace stint
