#pragma once
// Which configurations of an ensemble belong to one Markov chain, and how far apart they are.

#include <cstdint>
#include <span>
#include <vector>

namespace stint {

/// An ensemble as replica chains.
struct Chains {
  std::vector<std::int64_t> order; ///< (N) the configurations' numbers, chain after chain, each in order of trajectory
  std::vector<std::int64_t> lengths; ///< configurations of each chain, in the same order
  std::int64_t spacing = 1; ///< trajectories between neighbours in a chain; 1 if every chain has one configuration
};

/// chain and trajectory (N): as in an ensemble file, in any order (a run may write its chains interleaved).
/// Throws std::invalid_argument if they differ in size, or if the trajectories of the chains do not all advance by the
/// same positive step: an autocorrelation time has no meaning for an irregular series.
Chains split_chains(std::span<const std::int64_t> chain, std::span<const std::int64_t> trajectory);

} // namespace stint
