#pragma once
// The widest register of the instruction set that a file is compiled for, by the vector extension of GCC and Clang.

#include "mcmc/kernels/kernels.hpp"

#include <cstdint>

namespace stint::STINT_INSTRUCTION_SET {

#if defined(__AVX512F__)
inline constexpr int register_bytes = 64;
#elif defined(__AVX__)
inline constexpr int register_bytes = 32;
#else
inline constexpr int register_bytes = 16;
#endif

/// Vector: a register of Reals. Words: a register of unsigned integers of the same width. A group's 16 lanes are
/// lanes / width slices, one register each.
template<class Real> struct Simd;

template<> struct Simd<float> {
  using Word = std::uint32_t;
  typedef float Vector __attribute__((vector_size(register_bytes), may_alias));
  typedef Word Words __attribute__((vector_size(register_bytes), may_alias));
  static constexpr int width = register_bytes / 4;
  static constexpr int mantissa_bits = 23;
  static constexpr int exponent_bias = 127;
};

template<> struct Simd<double> {
  using Word = std::uint64_t;
  typedef double Vector __attribute__((vector_size(register_bytes), may_alias));
  typedef Word Words __attribute__((vector_size(register_bytes), may_alias));
  static constexpr int width = register_bytes / 8;
  static constexpr int mantissa_bits = 52;
  static constexpr int exponent_bias = 1023;
};

template<class Real> using Vector = typename Simd<Real>::Vector;
template<class Real> using Words = typename Simd<Real>::Words;

template<class Real> inline Vector<Real> load(const Real* address) {
  return *reinterpret_cast<const Vector<Real>*>(address);
}
template<class Real> inline void store(Real* address, Vector<Real> value) {
  *reinterpret_cast<Vector<Real>*>(address) = value;
}

} // namespace stint::STINT_INSTRUCTION_SET
