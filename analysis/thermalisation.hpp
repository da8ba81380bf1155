#pragma once
// Does an ensemble begin before its chains are in equilibrium? A suggestion from the data.

#include "analysis/chains.hpp"
#include "analysis/primaries.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace stint {

struct ThermalisationCut {
  std::int64_t trajectories = 0; ///< of each chain's beginning, best left out; 0: nothing to leave out
  std::string observable;        ///< whose beginning is furthest off
  double z = 0;                  ///< how far the mean of the beginning is from that of the rest, in its errors
  bool found = true;             ///< false: the drift does not end in the first half, the chains are too short to tell
};

/// For |M|, <phi^2>, the nearest-neighbour correlation and the action density, averaged over the chains at equal times
/// since the first configuration of each chain, xbar_t from w_t configurations: the number d of steps, at most half of
/// the longest chain, that minimises
///   MSER(d) = sum_{t >= d} w_t (xbar_t - xbar_{>= d})^2 / (sum_{t >= d} w_t)^2
/// (White, doi:10.1177/003754979706900601), the squared error of the mean for the rest. MSER finds some d > 0 in many
/// stationary series too. So a cut is suggested only where the mean of xbar before d is more than 4 errors from the
/// mean after it, with the variance and tau_int (at least 1/2) of the rest, and either the same holds for the normal
/// scores of xbar, which have no long tails, or the beginning is twice (in fewer than 50 steps three times) as far off
/// as any later step. Fewer than 1 % of stationary ensembles then get a suggestion. The largest suggestion of the four
/// counts. Nothing is suggested for chains of fewer than 8 steps. Plans FFTs, which FFTW allows from one thread at a
/// time only.
ThermalisationCut suggest_cut(const Measurements& measurements, const Chains& chains);

/// The numbers, ascending, of the configurations at least `trajectories` after the first of their chain.
std::vector<std::int64_t> after_beginning(const Measurements& measurements, std::int64_t trajectories);

/// The measurements of these configurations.
Measurements select(const Measurements& measurements, std::span<const std::int64_t> configurations);

} // namespace stint
