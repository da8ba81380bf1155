#pragma once
// Philox 4x32-10 (Salmon et al., SC'11, doi:10.1145/2063384.2063405), one counter a 64-bit element.

#include "mcmc/kernels/instructions.hpp"

namespace stint::STINT_INSTRUCTION_SET {

/// The keys of the ten rounds in all elements: read from memory, they cost no instruction of their own.
struct RoundKeys {
  Wide key[10][2];
  explicit RoundKeys(std::uint64_t seed) {
    auto low = static_cast<std::uint32_t>(seed), high = static_cast<std::uint32_t>(seed >> 32);
    for (auto& round : key) {
      round[0] = Wide{} + low;
      round[1] = Wide{} + high;
      low += 0x9E3779B9;
      high += 0xBB67AE85;
    }
  }
};

struct Block {
  Wide word[4];
};

/// The blocks of the counters in `counter`.
inline Block philox(const RoundKeys& keys, Block counter) {
  auto& [c0, c1, c2, c3] = counter.word;
  for (const auto& key : keys.key) {
    const Wide p0 = product(c0, 0xD2511F53), p1 = product(c2, 0xCD9E8D57);
    c0 = upper_halves(p1) ^ c1 ^ key[0];
    c2 = upper_halves(p0) ^ c3 ^ key[1];
    c1 = p1;
    c3 = p0;
  }
  return counter;
}

} // namespace stint::STINT_INSTRUCTION_SET
