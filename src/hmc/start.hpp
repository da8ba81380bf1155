#pragma once
// hmc --start FILE: chains that go on from an ensemble.

#include "src/hmc/parts.hpp"

namespace stint {

/// The last configurations of the ensemble --start, one a chain, whatever its theory and precision; the position has
/// the largest number of trajectories behind them, so that the chains draw random numbers which theirs have not seen.
/// Throws UsageError, one line naming the file, if the lattice is another, if there are fewer configurations than
/// chains or if the trajectories leave 32 bits; std::runtime_error if it is no ensemble of lattice phi^4.
template<class Real> RunState<Real> state_of_ensemble(const HmcRunSettings& settings, const Geometry& geometry);

} // namespace stint
