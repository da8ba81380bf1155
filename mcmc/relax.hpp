#pragma once
// HMC that starts from given configurations: a few trajectories let short distances equilibrate, under an action of
// choice and, where sites are held, in the conditional law of the others.

#include "mcmc/markov_chains.hpp"

#include <cstdint>
#include <functional>
#include <span>

namespace stint {

/// What relax() does to each configuration.
struct RelaxSettings {
  std::int64_t trajectories = 0;
  HmcSettings hmc = {};
  std::span<const std::uint8_t> held = {}; ///< (V), not 0 where a site stays as it is; empty: no site does
  std::function<bool()> interrupted = {};  ///< asked before every trajectory; once it says yes, there are no more
};

/// How far the configurations came.
struct RelaxReport {
  double acceptance = 0;    ///< of all trajectories; 0 if there were none
  std::int64_t unmoved = 0; ///< configurations that accepted no trajectory: they are what they were
};

/// Moves the chains, whose configurations are given, and returns them in place. The chains before `first` are not
/// there to be reported.
RelaxReport relax(MarkovChains<float>& chains, std::int64_t first, const RelaxSettings& settings,
                  std::span<float> configurations);

/// Replaces configurations (n, V), which are the chains first, ..., first + n - 1 of a run with this seed. What becomes
/// of a chain does not depend on which others are moved with it. Throws std::invalid_argument for settings that make no
/// sense.
template<Action A>
RelaxReport relax(const Geometry& geometry, const A& action, const RelaxSettings& settings, std::uint64_t seed,
                  std::int64_t first, std::span<float> configurations) {
  // Chains begin with a whole group; those before `first` are idle.
  const std::int64_t idle = first % MarkovChains<float>::group_size;
  const std::int64_t count = std::ssize(configurations) / geometry.volume();
  if (count == 0 || settings.trajectories == 0)
    return {.unmoved = count};
  MarkovChains<float> chains(geometry, action, {.hmc = settings.hmc}, seed, first - idle, idle + count);
  return relax(chains, idle, settings, configurations);
}

} // namespace stint
