#pragma once
// hmc --start FILE: chains that go on from an ensemble.

#include "src/hmc/parts.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace stint {

/// Which rows of an ensemble, whose `chain` and `trajectory` these are, `count` new chains start from, in their order:
/// the last configuration of each of its chains by ascending number of the chain; if those are too few the last but one
/// of each, and so on. The order of the rows does not matter, unless two rows of a chain have the same trajectory: then
/// the later one is the last. There have to be `count` rows.
std::vector<std::int64_t> rows_to_start_from(std::span<const std::int64_t> chain,
                                             std::span<const std::int64_t> trajectory, std::int64_t count);

/// Those configurations of the ensemble --start, whatever its theory and precision; the position has the largest number
/// of trajectories in it, so that the chains draw random numbers which theirs have not seen.
/// Throws UsageError, one line naming the file, if the lattice is another, if there are fewer configurations than
/// chains or if the trajectories leave 32 bits; std::runtime_error if it is no ensemble of lattice phi^4.
template<class Real> RunState<Real> state_of_ensemble(const HmcRunSettings& settings, const Geometry& geometry);

} // namespace stint
