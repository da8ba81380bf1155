#pragma once
// Normals as lattice/random.hpp defines them, a chain a lane.

#include "mcmc/kernels/box_muller.hpp"
#include "mcmc/kernels/philox.hpp"

namespace stint::STINT_INSTRUCTION_SET {

/// first, first + step, first + 2 step, ...: chains, or blocks
inline Wide chains_from(std::uint32_t first, std::uint32_t step) {
  Wide chains;
  for (int i = 0; i < register_bytes / 8; ++i)
    chains[i] = first + i * step;
  return chains;
}

/// (bits + 1/2) 2^-32, the conversion of the 32 bits to float correctly rounded
inline Vector<float> uniform(Words<float> bits) { return (nearest_float(bits) + 0.5F) * 0x1p-32F; }

/// (bits + 1/2) 2^-53 with the upper 53 of 64 bits
inline Vector<double> uniform(Wide low, Wide high) {
  return (0x1p21 * to_real<double>(high & lower_half) + to_real<double>((low & lower_half) >> 11) + 0.5) * 0x1p-53;
}

/// Block number `block` of the streams of `chains`.
inline Block block_of(const LaneStreams& streams, const RoundKeys& keys, std::uint32_t block, Wide chains) {
  return philox(keys, {{Wide{} + block, Wide{} + streams.trajectory, chains, Wide{} + streams.purpose}});
}

/// The normals of one block of each of the lanes lane, lane + 1, ... of a slice: 4 sites in single precision, 2 in
/// double. `blocks(lane, step)` gives the random bits of the lanes lane, lane + step, ...
template<class Blocks> inline void normals_of_blocks(int lane, Blocks blocks, Vector<float>* out) {
  const Block even = blocks(lane, 2), odd = blocks(lane + 1, 2);
  Vector<float> u[4];
  for (int i = 0; i < 4; ++i)
    u[i] = uniform(reinterpret_cast<Words<float>>((even.word[i] & lower_half) | odd.word[i] << 32));
  box_muller<float>(u[0], u[1], out[0], out[1]);
  box_muller<float>(u[2], u[3], out[2], out[3]);
}
template<class Blocks> inline void normals_of_blocks(int lane, Blocks blocks, Vector<double>* out) {
  const Block bits = blocks(lane, 1);
  box_muller<double>(uniform(bits.word[0], bits.word[1]), uniform(bits.word[2], bits.word[3]), out[0], out[1]);
}

/// normals() with the bits of block number `block` from blocks(block, lane, step).
template<class Real, class Blocks>
inline void normals_from(Blocks blocks, std::int64_t first_site, std::int64_t sites, Real* out) {
  constexpr int sites_of_block = 16 / sizeof(Real);
  const std::int64_t end = first_site + sites;
  for (std::int64_t block = first_site / sites_of_block; block * sites_of_block < end; ++block)
    for (int slice = 0; slice < lanes; slice += Simd<Real>::width) {
      Vector<Real> values[sites_of_block];
      normals_of_blocks(
          slice, [&](int lane, int step) { return blocks(static_cast<std::uint32_t>(block), lane, step); }, values);
      for (int i = 0; i < sites_of_block; ++i) {
        const std::int64_t site = block * sites_of_block + i;
        if (site >= first_site && site < end)
          store<Real>(out + (site - first_site) * lanes + slice, values[i]);
      }
    }
}

template<class Real> void normals(const LaneStreams& streams, std::int64_t first_site, std::int64_t sites, Real* out) {
  const RoundKeys keys(streams.seed);
  const std::uint32_t stride = streams.lane_stride / (16 / sizeof(Real)); // in blocks
  if (stride == 0)
    normals_from(
        [&](std::uint32_t block, int lane, int step) {
          return block_of(streams, keys, block, chains_from(streams.first_chain + lane, step));
        },
        first_site, sites, out);
  else
    normals_from(
        [&](std::uint32_t block, int lane, int step) {
          return philox(keys, {{chains_from(block + lane * stride, step * stride), Wide{} + streams.trajectory,
                                Wide{} + streams.first_chain, Wide{} + streams.purpose}});
        },
        first_site, sites, out);
}

} // namespace stint::STINT_INSTRUCTION_SET
