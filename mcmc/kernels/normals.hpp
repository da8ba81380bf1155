#pragma once
// Normals as lattice/random.hpp defines them, a chain a lane.

#include "mcmc/kernels/box_muller.hpp"
#include "mcmc/kernels/philox.hpp"

namespace stint::STINT_INSTRUCTION_SET {

/// first, first + step, first + 2 step, ...
inline Wide chains_from(std::uint32_t first, std::uint32_t step) {
  Wide chains;
  for (int i = 0; i < register_bytes / 8; ++i)
    chains[i] = first + i * step;
  return chains;
}

/// (bits + 1/2) 2^-32, the conversion of the 32 bits to float correctly rounded
inline Vector<float> uniform(Words<float> bits) {
  return (65536.F * to_real<float>(bits >> 16) + to_real<float>(bits & 0xFFFF) + 0.5F) * 0x1p-32F;
}

/// (bits + 1/2) 2^-53 with the upper 53 of 64 bits
inline Vector<double> uniform(Wide low, Wide high) {
  return (0x1p21 * to_real<double>(high & lower_half) + to_real<double>((low & lower_half) >> 11) + 0.5) * 0x1p-53;
}

/// Block number `block` of the streams of `chains`.
inline Block block_of(const LaneStreams& streams, const RoundKeys& keys, std::uint32_t block, Wide chains) {
  return philox(keys, {{Wide{} + block, Wide{} + streams.trajectory, chains, Wide{} + streams.purpose}});
}

/// The normals of one block and one slice, whose first chain is `chain`: 4 sites in single precision, 2 in double.
inline void normals_of_block(const LaneStreams& streams, const RoundKeys& keys, std::uint32_t block,
                             std::uint32_t chain, Vector<float>* out) {
  const Block even = block_of(streams, keys, block, chains_from(chain, 2));
  const Block odd = block_of(streams, keys, block, chains_from(chain + 1, 2));
  Vector<float> u[4];
  for (int i = 0; i < 4; ++i)
    u[i] = uniform(reinterpret_cast<Words<float>>((even.word[i] & lower_half) | odd.word[i] << 32));
  box_muller<float>(u[0], u[1], out[0], out[1]);
  box_muller<float>(u[2], u[3], out[2], out[3]);
}
inline void normals_of_block(const LaneStreams& streams, const RoundKeys& keys, std::uint32_t block,
                             std::uint32_t chain, Vector<double>* out) {
  const Block bits = block_of(streams, keys, block, chains_from(chain, 1));
  box_muller<double>(uniform(bits.word[0], bits.word[1]), uniform(bits.word[2], bits.word[3]), out[0], out[1]);
}

template<class Real> void normals(const LaneStreams& streams, std::int64_t sites, Real* out) {
  constexpr int sites_of_block = 16 / sizeof(Real);
  const RoundKeys keys(streams.seed);
  for (std::int64_t site = 0; site < sites; site += sites_of_block)
    for (int lane = 0; lane < lanes; lane += Simd<Real>::width) {
      const auto block = static_cast<std::uint32_t>(site / sites_of_block);
      Vector<Real> values[sites_of_block];
      normals_of_block(streams, keys, block, streams.first_chain + lane, values);
      for (int i = 0; i < sites_of_block && site + i < sites; ++i)
        store<Real>(out + (site + i) * lanes + lane, values[i]);
    }
}

} // namespace stint::STINT_INSTRUCTION_SET
