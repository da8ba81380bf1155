#pragma once
// Counter-based random numbers: every number is a function of where it is used, never of what was drawn before.

#include <array>
#include <cstdint>
#include <span>

namespace stint {

/// What a stream of random numbers is for. Streams of different purposes never share a number. Values are part of the
/// results: append, do not renumber.
enum class Purpose : std::uint32_t {
  start = 0,          ///< hot start of a chain
  momenta = 1,        ///< HMC momenta
  acceptance = 2,     ///< HMC acceptance draw
  parameters = 3,     ///< initial parameters of a network
  training = 4,       ///< which data, operators and symmetries a training sample gets
  training_noise = 5, ///< x0 of a training sample
  validation = 6,     ///< the same two for held-out samples
  validation_noise = 7,
  sampling = 8,       ///< x0 of a generated configuration
  free_field = 9,     ///< exact draws of the free field
  jitter = 10,        ///< the length of an HMC trajectory
  cluster = 11,       ///< bonds and signs of cluster sweeps
  diffusion = 12,     ///< noise of an SDE on the way to a generated configuration
  probes = 13,        ///< vectors of Hutchinson's estimate of a divergence
  mask = 14,          ///< which sites a random mask knows
  independence = 15,  ///< acceptance draws of independence Metropolis
  permutation = 16,   ///< labels of a permutation test
  file_order = 17,    ///< the order in which training goes through a file larger than memory
  observation = 18,   ///< noise of degraded images
  restoration = 19,   ///< noise that methods of restoration draw on their way
  agent = 20,         ///< where a ball in a maze begins and where it goes
  agent_noise = 21,   ///< noise on its actions
  places = 22,        ///< starts, way points and goals in mazes
  path_variance = 23, ///< samples, and their noise, to measure variances of path weights with
  block_place = 24,   ///< where block updates have their blocks
  block_noise = 25,   ///< of the paths of a block update
  block_acceptance = 26,
};

/// The stream keyed (seed; purpose, chain, trajectory): Philox 4x32-10 (Salmon et al., SC'11) with
///   key = (seed low, seed high),  counter = (block, trajectory, chain, purpose).
/// `chain` is the sample index and `trajectory` the training step where there are no chains.
/// Results therefore do not depend on ranks, threads or restarts.
struct Stream {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::start;
  std::uint32_t chain = 0;
  std::uint32_t trajectory = 0;

  /// The 128 random bits of one counter.
  std::array<std::uint32_t, 4> bits(std::uint32_t block) const;

  /// Uniform in (0, 1], (bits + 1/2) 2^-53 with 53 bits (only the last of them is rounded to 1); two a block: number i
  /// comes from block i / 2.
  double uniform(std::uint32_t i) const;

  /// Standard normals by Box-Muller, the definition that vectorised kernels reproduce to rounding:
  ///   double: (u1, u2) = two 53-bit uniforms of block i / 2, as in uniform();
  ///   float:  block i / 4 gives two pairs of uniforms u = (bits + 0.5) 2^-32;
  /// each pair gives sqrt(-2 ln u1) cos(2 pi u2) and the same with sin, in this order.
  void normals(std::span<double> out) const;
  void normals(std::span<float> out) const;
};

} // namespace stint
