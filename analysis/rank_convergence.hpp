#pragma once
// Convergence of chains that are kept: rank-normalised split R-hat and bulk effective sample size.

#include "analysis/chains.hpp"
#include "analysis/primaries.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace stint {

struct RankConvergence {
  double r_hat;    ///< near 1 if every half of every chain samples the same law; NaN where it means nothing
  double bulk_ess; ///< entries that count as independent in the bulk of the law; NaN where it means nothing
};

/// Vehtari, Gelman, Simpson, Carpenter & Buerkner, arXiv:1903.08008. The chains, each split into halves (the middle
/// entry of an odd number left out), give S entries, replaced by z = Phi^-1((rank - 3/8)/(S + 1/4)), eq. (14), ties by
/// their mean rank.
///   r_hat     the larger of split R-hat of z and of the same for |a - median|, which sees chains of different width
///   bulk_ess  S/tau of z, tau = -1 + 2 sum_k P_k with the pairs P_k = rho_{2k} + rho_{2k+1} up to the last positive
///             one and made monotone (Geyer), rho_t from the variance within and between the halves, eqs. (10) to (13);
///             at most S log10 S
/// series (N): the chains one after the other, of `lengths`. Of chains of different length the last n entries count, n
/// the shortest. Of more than 2^18 entries every s-th counts, with the smallest s that leaves no more, as long as
/// halves keep 64: bulk_ess then never says more than those entries can. Entries count as equally spaced. NaN if halves
/// have fewer than 4 entries or nothing varies. Throws std::invalid_argument if the lengths do not fit. Threads may
/// call it at once, but nothing else may plan FFTs meanwhile.
RankConvergence rank_convergence(std::span<const double> series, std::span<const std::int64_t> lengths);

struct NamedConvergence {
  std::string name; ///< a name of our JSON files
  RankConvergence convergence;
};

/// Of the observables that are means of one value a configuration: magnetisation, abs_magnetisation, phi2, phi4,
/// nearest_neighbour and action_density.
std::vector<NamedConvergence> convergence_all(const Measurements& measurements, const Chains& chains);

/// The x with Phi(x) = p of the standard normal, 0 < p < 1, by Newton's method on log Phi.
double normal_quantile(double p);

} // namespace stint
