#pragma once
// What the algorithms of molecular dynamics have in common: how chains are moved from a state to a proposal.

#include "mcmc/integrator.hpp"
#include "mcmc/lattice_pass.hpp"

#include <concepts>
#include <cstdint>
#include <span>

namespace stint {

/// Memory of one thread that moves one group of chains: fields [site][lane].
template<class Real> struct Workspace {
  Real* pi = nullptr;     ///< the momenta
  Real* first = nullptr;  ///< a buffer to move phi in
  Real* second = nullptr; ///< another
  Real* modes = nullptr;  ///< modes_size() numbers
};

/// Where a trajectory ended: phi lies in one of the workspace's buffers.
template<class Real> struct Proposal {
  const Real* phi = nullptr;
  Energies start, end;
};

/// A way to propose new configurations of one group of chains by Hamilton's equations with H = S(phi) + T(pi). The
/// acceptance step, exp(-dH), belongs to MarkovChains. A dynamics promises:
///   propose(stages, momenta, start, workspace)
///       draws pi with weight exp(-T) from the streams `momenta`, moves (phi, pi) from `start` through the stages
///       (pi += kick * force, phi += drift * dT/dpi), reversibly and keeping phase space, and returns where phi ended,
///       with S and T of both ends, summed over all sites. `start` stays as it is. Lanes do not see each other, unless
///       they are blocks of one chain (LaneUse).
///   pass()        the kicks of the action that it moves by, with the layout of its fields;
///   modes_size()  the numbers that it needs in Workspace::modes.
/// All three may be called by many threads at a time.
/// mcmc/any_dynamics.hpp has the table of those that there are.
template<class D, class Real>
concept Dynamics = requires(const D dynamics, std::span<const Stage> stages, const LaneStreams& momenta,
                            const Real* start, const Workspace<Real>& workspace) {
  { dynamics.propose(stages, momenta, start, workspace) } -> std::same_as<Proposal<Real>>;
  { dynamics.pass() } -> std::same_as<const LatticePass<Real>&>;
  { dynamics.modes_size() } -> std::same_as<std::int64_t>;
};

} // namespace stint
