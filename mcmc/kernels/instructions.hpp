#pragma once
// The operations that the vector extension of the compilers cannot say.

#include "mcmc/kernels/simd.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace stint::STINT_INSTRUCTION_SET {

// The maskz forms with all bits set: GCC 12 warns about an uninitialised register in the plain ones.

/// 32-bit words in the lower halves of 64-bit elements; the upper halves may hold anything.
typedef std::uint64_t Wide __attribute__((vector_size(register_bytes), may_alias));
inline constexpr std::uint64_t lower_half = 0xFFFFFFFF;

/// The 64-bit products of the lower halves with a constant below 2^32.
inline Wide product(Wide a, std::uint64_t constant) {
  const Wide b = Wide{} + constant;
#if defined(__AVX512F__)
  return reinterpret_cast<Wide>(
      _mm512_maskz_mul_epu32(0xFF, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<Wide>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
  return reinterpret_cast<Wide>(_mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  return (a & lower_half) * b;
#endif
}

/// The upper halves in the place of the lower ones: a shuffle, because shifts compete with products for their port.
inline Wide upper_halves(Wide a) {
#if defined(__AVX512F__)
  constexpr auto odd_elements = static_cast<_MM_PERM_ENUM>(0xF5);
  return reinterpret_cast<Wide>(_mm512_maskz_shuffle_epi32(0xFFFF, reinterpret_cast<__m512i>(a), odd_elements));
#elif defined(__AVX2__)
  return reinterpret_cast<Wide>(_mm256_shuffle_epi32(reinterpret_cast<__m256i>(a), 0xF5));
#elif defined(__SSE2__)
  return reinterpret_cast<Wide>(_mm_shuffle_epi32(reinterpret_cast<__m128i>(a), 0xF5));
#else
  return a >> 32;
#endif
}

/// 32-bit words to the nearest float.
inline Vector<float> nearest_float(Words<float> x) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector<float>>(_mm512_maskz_cvtepu32_ps(0xFFFF, reinterpret_cast<__m512i>(x)));
#else
  typedef std::int32_t Signed __attribute__((vector_size(register_bytes))); // the processor converts signed ones
  const auto half = [](Words<float> part) {
    return __builtin_convertvector(reinterpret_cast<Signed>(part), Vector<float>);
  };
  return 65536.F * half(x >> 16) + half(x & 0xFFFF);
#endif
}

inline Vector<float> square_root(Vector<float> x) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector<float>>(_mm512_maskz_sqrt_ps(0xFFFF, reinterpret_cast<__m512>(x)));
#elif defined(__AVX2__)
  return reinterpret_cast<Vector<float>>(_mm256_sqrt_ps(reinterpret_cast<__m256>(x)));
#elif defined(__SSE2__)
  return reinterpret_cast<Vector<float>>(_mm_sqrt_ps(reinterpret_cast<__m128>(x)));
#else
  for (int i = 0; i < Simd<float>::width; ++i)
    x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

inline Vector<double> square_root(Vector<double> x) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector<double>>(_mm512_maskz_sqrt_pd(0xFF, reinterpret_cast<__m512d>(x)));
#elif defined(__AVX2__)
  return reinterpret_cast<Vector<double>>(_mm256_sqrt_pd(reinterpret_cast<__m256d>(x)));
#elif defined(__SSE2__)
  return reinterpret_cast<Vector<double>>(_mm_sqrt_pd(reinterpret_cast<__m128d>(x)));
#else
  for (int i = 0; i < Simd<double>::width; ++i)
    x[i] = __builtin_sqrt(x[i]);
  return x;
#endif
}

} // namespace stint::STINT_INSTRUCTION_SET
