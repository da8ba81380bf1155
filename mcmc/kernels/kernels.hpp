#pragma once
// The vectorised inner loops of HMC. They work on one group: `lanes` chains of the same lattice, stored [site][lane]
// and aligned to 64 bytes. One source, compiled once for each instruction set, chosen at run time. All instruction sets
// with fused multiply-add give the same bits; the baseline differs from them by rounding.
//
// The files below this folder that define the kernels are compiled with instructions that not every machine has. They
// therefore use no function of the standard library: an inline one compiled there could be the copy that the linker
// keeps for the whole program.

#include "mcmc/actions.hpp"

#include <cstdint>

namespace stint {

/// Chains of a group.
inline constexpr int lanes = 16;

/// Sums over the lattice, one a chain. In single precision 16 sites at a time are summed in single, then all in double.
struct Energies {
  double action[lanes] = {};       ///< S(phi)
  double kinetic[lanes] = {};      ///< sum_x pi_x^2 / 2
  double sum_phi[lanes] = {};      ///< sum_x phi_x
  double virial_terms[lanes] = {}; ///< sum_x of the action's virial_term(phi_x)
};

/// Whether each lane continues in the next (mcmc/lane_use.hpp): beyond the ends of rows, or beyond the ends of the last
/// direction across them.
enum class Join { none, sites, rows };

/// One kick and perhaps drift: pi += kick * force(phi), out = phi + drift * pi.
/// A row is the sites along the last direction, the only one whose neighbours lie beside each other in memory.
template<class Real> struct KickDrift {
  const Real* phi = nullptr;
  Real* pi = nullptr;
  Real* out = nullptr;        ///< not phi; null: no drift
  Energies* before = nullptr; ///< where to add the energies of (phi, pi) before the kick; null: not wanted
  Energies* after = nullptr;  ///< the same after it, only without drift and `before`
  int extent = 0;             ///< sites of a row
  Join join = Join::none;
  int directions_across = 0;                    ///< d - 1
  int last_across = 0;                          ///< rows along the last direction across
  const std::int32_t* row_neighbours = nullptr; ///< the neighbour table of the lattice of rows: 2 (d - 1) entries a row
  Real kick = 0, drift = 0;
  const void* site = nullptr; ///< the action's site<Real>(d), lattice/action.hpp
};

/// The part of the lattice that a pass goes over: the sites first_site, ... of each of the rows first_row, ...
struct Region {
  std::int64_t first_row = 0, rows = 0;
  int first_site = 0, sites = 0;
};

/// A stream for each lane: those of lattice/random.hpp with chain = first_chain + lane; or, with a lane_stride (sites,
/// a multiple of 4), all that of first_chain, site x of lane l being site x + l lane_stride of the stream.
struct LaneStreams {
  std::uint64_t seed = 0;
  std::uint32_t purpose = 0;
  std::uint32_t first_chain = 0;
  std::uint32_t trajectory = 0;
  std::uint32_t lane_stride = 0;
};

/// What a Swendsen-Wang sweep of the signs works on, mcmc/cluster.hpp.
template<class Real> struct ClusterGroup {
  Real* phi = nullptr;                      ///< [site][lane], in place
  std::int32_t* labels = nullptr;           ///< scratch, [1 + site][lane]; entry 0 is the ghost spin
  std::uint16_t* bonds = nullptr;           ///< scratch, [site][d + 1], a bit a lane
  const std::int32_t* neighbours = nullptr; ///< the lattice's neighbour table
  std::int64_t sites = 0;
  int directions = 0; ///< d
  Real source = 0;    ///< h
};

/// A pass over a region.
template<class Real> using KickDriftKernel = void (*)(const KickDrift<Real>& pass, const Region& region);

template<class Real> struct Kernels {
  const char* name;                                 ///< of the instruction set
  KickDriftKernel<Real> kick_drift[Actions::count]; ///< one an action
  /// out[site - first_site][lane] = normal number `site` of the lane's stream, to rounding, for `sites` sites.
  void (*normals)(const LaneStreams& streams, std::int64_t first_site, std::int64_t sites, Real* out);
  /// phi[site][lane] = proposal[site][lane] in the lanes with a set bit.
  void (*select)(std::uint32_t accepted, std::int64_t sites, const Real* proposal, Real* phi);
  /// One cluster sweep, with random numbers from block `first_block` of the streams on.
  void (*flip_clusters)(const ClusterGroup<Real>& group, const LaneStreams& streams, std::uint32_t first_block);
};

/// The kernels that this processor can run, fastest first, `count` of them.
template<class Real> struct KernelList {
  const Kernels<Real>* entries[3] = {};
  int count = 0;
};
template<class Real> KernelList<Real> supported_kernels();

} // namespace stint
