#pragma once
// Uniform numbers of a stream, one after the other.

#include "lattice/random.hpp"

#include <algorithm>
#include <cstdint>

namespace stint {

class Uniforms {
public:
  /// From number `first` on.
  Uniforms(const Stream& stream, std::uint32_t first) : stream_(stream), next_(first) {}

  double operator()() { return stream_.uniform(next_++); }
  /// 0, ..., count - 1
  std::int64_t below(std::int64_t count) {
    return std::min(static_cast<std::int64_t>((*this)() * static_cast<double>(count)), count - 1);
  }

private:
  Stream stream_;
  std::uint32_t next_;
};

} // namespace stint
