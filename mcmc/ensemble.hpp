#pragma once
// Many independent Markov chains advanced together: chains are SIMD lanes, groups of chains are shared out to threads.

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "lattice/random.hpp"
#include "mcmc/aligned_array.hpp"
#include "mcmc/hmc.hpp"
#include "mcmc/kernels/kernels.hpp"
#include "mcmc/leapfrog.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace stint {

/// Chains first_chain, ..., first_chain + chains - 1 of a run. All random numbers are keyed (seed; purpose, chain,
/// trajectory, site), so a chain's history does not depend on which other chains are here, on threads or on where it
/// was stopped.
/// Memory: V * sizeof(Real) bytes a chain, rounded up to a multiple of `lanes` chains, and 3 * lanes times that a
/// thread.
template<class Real> class Ensemble {
public:
  /// Chains that share one SIMD group. first_chain must be a multiple of it, so that a chain always has the same lane.
  static constexpr int lanes = stint::lanes;

  /// Starts cold (phi = 0) at trajectory 0. Throws std::invalid_argument for settings that make no sense.
  Ensemble(Geometry geometry, Phi4 theory, HmcSettings settings, std::uint64_t seed, std::int64_t first_chain,
           std::int64_t chains);

  /// phi = width * N(0, 1) at trajectory 0.
  void start_hot(double width = 0.1);

  /// Continues from configurations (chains, V) which `trajectory` trajectories have led to.
  void restore(std::span<const Real> configurations, std::int64_t trajectory);

  /// One trajectory of every chain; info has one entry a chain. Uses OpenMP's threads.
  void advance(std::span<TrajectoryInfo> info);

  /// Copies the present configurations, (chains, V) row-major.
  void configurations(std::span<Real> out) const;

  std::int64_t trajectory() const { return trajectory_; } ///< trajectories done since the start
  std::int64_t chains() const { return chains_; }

private:
  /// What one thread needs for a trajectory of a group.
  struct Scratch {
    Scratch() = default;
    explicit Scratch(std::size_t size) : momenta(size), first(size), second(size) {}
    AlignedArray<Real> momenta, first, second;
  };

  std::int64_t groups() const { return (chains_ + lanes - 1) / lanes; }
  std::int64_t group_size() const { return geometry_.volume() * lanes; }
  Real* field(std::int64_t group) const { return fields_.data() + group * group_size(); }
  LaneStreams streams(Purpose purpose, std::int64_t group) const;
  void advance_group(std::int64_t group, Scratch& scratch, std::span<TrajectoryInfo> info);

  Geometry geometry_;
  std::uint64_t seed_;
  std::int64_t first_chain_;
  std::int64_t chains_;
  std::int64_t trajectory_ = 0;
  const Kernels<Real>* kernels_;
  Leapfrog<Real> leapfrog_;
  AlignedArray<Real> fields_;    // [group][site][lane]; the last group may have lanes that are no chain of ours
  std::vector<Scratch> scratch_; // one a thread
};

} // namespace stint
