#pragma once
// Embedded cluster moves for phi^4: Swendsen-Wang on the signs of phi, Brower & Tamayo,
// doi:10.1103/PhysRevLett.62.1087. They move the magnetisation where HMC hardly can; moves of |phi| have to come from
// HMC.

#include "lattice/geometry.hpp"
#include "mcmc/aligned_array.hpp"
#include "mcmc/kernels/kernels.hpp"

#include <cstdint>
#include <vector>

namespace stint {

/// What one thread needs for a sweep of a group: lanes * (V + 1) labels of 4 bytes, V (d + 1) bond masks of 2 bytes.
struct ClusterScratch {
  ClusterScratch() = default;
  explicit ClusterScratch(const Geometry& geometry);
  AlignedArray<std::int32_t> labels;
  AlignedArray<std::uint16_t> bonds;
};

/// With |phi| fixed the signs s_x = sign(phi_x) are an Ising model of weight
///   exp(-S) = exp(sum_{x,mu} 2 |phi_x phi_{x+mu}| s_x s_{x+mu} + sum_x h |phi_x| s_x) * const,
/// hence the bonds (Fortuin & Kasteleyn; Swendsen & Wang, doi:10.1103/PhysRevLett.58.86)
///   x to x+mu            with probability 1 - exp(-4 phi_x phi_{x+mu}) where that is positive,
///   x to the ghost spin  with probability 1 - exp(-2 h phi_x)          where that is positive.
/// Every cluster of bonded sites changes sign with probability 1/2, independently; those with the ghost stay.
/// A direction of two sites has two bonds between them. Nothing else of the action enters: all actions that are even in
/// phi but for the field h have the same sweep.
///
/// Random numbers: word i of a sweep is word i % 4 of block `sweep` * blocks_per_sweep() + i / 4 of
/// Stream{seed, Purpose::cluster, chain, trajectory}. With W = V rounded up to a multiple of 4,
///   words mu W + x   make the bond from x to x+mu, mu = d: to the ghost: u = (word + 1/2) 2^-32 in Real,
///                    bonded if -ln u < 4 phi_x phi_{x+mu} or 2 h phi_x;
///   the words from (d + 1) W on have one bit a site; that of a cluster's smallest site says if it changes sign.
/// Bond probabilities are thus resolved to 2^-32 in double, 2^-24 in float, and so is, in the law that a sweep keeps,
/// the probability of a site to differ in sign from a neighbour. A bond of 4 phi_x phi_{x+mu} > 23 always holds. A
/// chain's result does not depend on its lane or thread. Instruction sets differ in the rounding of the logarithm.
template<class Real> class ClusterSweep {
public:
  /// Labels of a group are addressed by 31 bits.
  static constexpr std::int64_t max_volume = (std::int64_t{1} << 31) / lanes;

  /// Throws std::invalid_argument for a lattice of max_volume sites or more.
  ClusterSweep(const Geometry& geometry, double magnetic_field);
  ClusterSweep(const Geometry& geometry, double magnetic_field, const Kernels<Real>& kernels);

  /// Sweep number `sweep` >= 0 of the trajectory, of chains first_chain + lane. phi is [site][lane], in place.
  /// Throws std::invalid_argument if the trajectory has no random numbers left for it.
  void operator()(std::uint64_t seed, std::uint32_t first_chain, std::uint32_t trajectory, int sweep, Real* phi,
                  ClusterScratch& scratch) const;

  /// Philox blocks of one sweep of one chain: (d + 1) V / 4 for bonds and V / 128 for signs, each rounded up.
  static std::int64_t blocks_per_sweep(const Geometry& geometry);

private:
  const Kernels<Real>* kernels_;
  std::int64_t volume_, blocks_;
  int dimensions_;
  Real source_; // h
  std::vector<std::int32_t> neighbours_;
};

} // namespace stint
