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
  std::int64_t spacing = 1;          ///< trajectories of one step of time; 1 if every chain has one configuration
  std::vector<std::int64_t> times;   ///< (N, as `order`) steps since the first of the chain; empty if none has a gap
};

/// chain and trajectory (N): as in an ensemble file, in any order (a run may write its chains interleaved). The step of
/// time is the greatest common divisor of all distances between neighbours in a chain: where histories were joined or
/// saves are irregular, chains have gaps, times at which nothing was saved. Where less than one time in 64 has a
/// configuration, a chain ends at each gap of more than 64 median distances, and what follows is a chain of its own.
/// Throws std::invalid_argument if the two differ in size, if a chain has a trajectory twice or two further apart than
/// numbers reach, or if even so less than one time in 64 has a configuration: that step would say nothing about
/// autocorrelation.
Chains split_chains(std::span<const std::int64_t> chain, std::span<const std::int64_t> trajectory);

} // namespace stint
