#pragma once
// Hamilton's equations for some sites only: HMC of a conditional law.

#include "mcmc/molecular_dynamics.hpp"

namespace stint {

/// The trajectory of MolecularDynamics in which the `held` sites have no momentum and do not move; whole lattices stage
/// by stage, lanes are chains. pi holds momenta, those of held sites are set to 0. Energies are those of all sites.
template<class Real>
Proposal<Real> move_unheld(const LatticeSweep<Real>& sweep, std::span<const Stage> stages,
                           std::span<const std::int64_t> held, const Real* start, Real* pi, Workspace<Real> workspace);

} // namespace stint
