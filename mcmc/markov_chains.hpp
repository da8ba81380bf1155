#pragma once
// Many independent Markov chains advanced together: chains are SIMD lanes, groups of chains are shared out to threads.

#include "lattice/geometry.hpp"
#include "lattice/random.hpp"
#include "mcmc/aligned_array.hpp"
#include "mcmc/any_chains.hpp"
#include "mcmc/any_dynamics.hpp"
#include "mcmc/cluster.hpp"
#include "mcmc/hmc.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace stint {

/// Chains first_chain, ..., first_chain + chains - 1 of a run. All random numbers are keyed (seed; purpose, chain,
/// trajectory, site), so a chain's history does not depend on which other chains are here, on threads or on where it
/// was stopped.
/// Where group_size chains together fit a cache, and with Fourier acceleration or cluster sweeps, they form a group
/// that moves as one; else a chain is a group of its own (LaneUse). A chain's configurations do not depend on this but
/// for rounding of the energies that decide on acceptance. Memory: V * sizeof(Real) bytes a chain, rounded up to whole
/// groups, and 3 times a group a thread; 4 times with Fourier acceleration; with cluster sweeps also ClusterScratch a
/// thread.
template<class Real> class MarkovChains final : public AnyChains<Real> {
public:
  /// Chains that may share one group. first_chain must be a multiple of it, so that a chain always has the same lane.
  static constexpr int group_size = lanes;

  /// Starts cold (phi = 0) at trajectory 0. Throws std::invalid_argument for couplings and settings that make no sense.
  template<Action A = Phi4>
  MarkovChains(const Geometry& geometry, const A& action, const UpdateSettings& settings, std::uint64_t seed,
               std::int64_t first_chain, std::int64_t chains)
      : MarkovChains(LatticeAction<Real>(action, geometry.dimensions()), geometry, settings, seed, first_chain,
                     chains) {}

  /// The same for an action with a kernel of its own (mcmc/own_action.hpp).
  MarkovChains(LatticeAction<Real> action, Geometry geometry, const UpdateSettings& settings, std::uint64_t seed,
               std::int64_t first_chain, std::int64_t chains);

  /// Other settings of HMC from the next trajectory on: for tuning. Throws as the constructor does.
  void set_hmc(const HmcSettings& settings) override;

  /// Sites with a number other than 0 in `held` (V) stay as they are from now on: HMC of the conditional law of the
  /// others. TrajectoryInfo::virial then has no known mean. Throws std::invalid_argument with Fourier acceleration or
  /// cluster sweeps.
  void hold(std::span<const std::uint8_t> held);

  void start_hot(double width = 0.1) override;
  void restore(std::span<const Real> configurations, std::int64_t trajectory) override;
  void advance(std::span<TrajectoryInfo> info) override; ///< uses OpenMP's threads
  void configurations(std::span<Real> out) const override;

  std::int64_t trajectory() const { return trajectory_; } ///< trajectories done since the start
  std::int64_t chains() const { return chains_; }

private:
  /// What one thread needs for an update of a group.
  struct Scratch {
    AlignedArray<Real> momenta, first, second, modes;
    ClusterScratch cluster;
  };

  const LatticePass<Real>& pass() const {
    return std::visit([](const auto& dynamics) -> const LatticePass<Real>& { return dynamics.pass(); }, dynamics_);
  }
  const LaneLayout& layout() const { return pass().layout(); }
  AnyDynamics<Real> chosen_dynamics() const;
  void choose_dynamics();
  void allocate();
  std::int64_t groups() const { return (chains_ + layout().chains() - 1) / layout().chains(); }
  std::int64_t chains_of(std::int64_t group) const;
  int threads() const; ///< for all loops over groups: OpenMP would end threads that it does not need for one of them
  Real* phi_of(std::int64_t group) const { return phi_.data() + group * layout().size(); }
  /// The number of a chain's site x is phi[layout().index(x, chain % layout().chains())].
  Real* phi_of_chain(std::int64_t chain) const { return phi_of(chain / layout().chains()); }
  std::uint32_t chain_number(std::int64_t group, std::int64_t chain = 0) const;
  LaneStreams streams(Purpose purpose, std::int64_t group) const;
  void prepare(Scratch& scratch) const;
  void advance_group(std::int64_t group, std::span<const Stage> stages, Scratch& scratch,
                     std::span<TrajectoryInfo> info);
  void sweep_clusters(std::int64_t group, Scratch& scratch, std::span<TrajectoryInfo> info);
  void report(const ChainEnergies& energies, TrajectoryInfo& info) const;

  LatticeAction<Real> action_;
  Geometry geometry_;
  UpdateSettings settings_;
  std::uint64_t seed_;
  std::int64_t first_chain_;
  std::int64_t chains_;
  std::int64_t trajectory_ = 0;
  const Kernels<Real>* kernels_;
  std::vector<std::int64_t> held_; // sites that do not move
  AnyDynamics<Real> dynamics_;
  std::optional<ClusterSweep<Real>> cluster_;
  AlignedArray<Real> phi_; // [group][site][lane], LaneLayout; the last group may have lanes that are no chain of ours
  std::vector<Scratch> scratch_; // one a thread
};

} // namespace stint
