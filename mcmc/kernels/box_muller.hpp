#pragma once
// Box-Muller for registers: the functions it needs, on the arguments it needs them for, to a few units in the last
// place. Taylor polynomials: on these short intervals a minimax polynomial saves one term.

#include "mcmc/kernels/instructions.hpp"

namespace stint::STINT_INSTRUCTION_SET {

template<class Real> inline Words<Real> bits_of(Vector<Real> x) { return reinterpret_cast<Words<Real>>(x); }
template<class Real> inline Vector<Real> real_of(Words<Real> x) { return reinterpret_cast<Vector<Real>>(x); }

/// 2^mantissa_bits: from there to its double the spacing of the Reals is 1, so that their last bits count.
template<class Real> inline constexpr Real counter = static_cast<Real>(std::uint64_t{1} << Simd<Real>::mantissa_bits);

/// The Real of an integer below 2^mantissa_bits.
template<class Real> inline Vector<Real> to_real(Words<Real> x) {
  return real_of<Real>(x | bits_of<Real>(Vector<Real>{} + counter<Real>)) - counter<Real>;
}

/// The first `Terms` terms of sum_k coefficients[k] z^k.
template<class Real, int Terms> inline Vector<Real> polynomial(const double* coefficients, Vector<Real> z) {
  Vector<Real> sum = Vector<Real>{} + static_cast<Real>(coefficients[Terms - 1]);
  for (int k = Terms - 2; k >= 0; --k)
    sum = sum * z + static_cast<Real>(coefficients[k]);
  return sum;
}

/// ln u for u in (0, 1]: u = 2^e m with m in [sqrt(1/2), sqrt(2)) and ln m = 2 artanh((m - 1) / (m + 1)).
template<class Real> inline Vector<Real> logarithm(Vector<Real> u) {
  constexpr int shift = Simd<Real>::mantissa_bits;
  constexpr Real root_half = static_cast<Real>(0.70710678118654752440), ln2 = static_cast<Real>(0.69314718055994530942);
  const Words<Real> one = bits_of<Real>(Vector<Real>{} + 1);
  const Words<Real> exponent = (bits_of<Real>(u) - bits_of<Real>(Vector<Real>{} + root_half) + one) >> shift; // + bias
  const Vector<Real> m = real_of<Real>(bits_of<Real>(u) - (exponent << shift) + one);
  const Vector<Real> e = real_of<Real>(exponent | bits_of<Real>(Vector<Real>{} + counter<Real>)) -
                         (counter<Real> + static_cast<Real>(Simd<Real>::exponent_bias));
  const Vector<Real> s = (m - 1) / (m + 1);
  constexpr double coefficients[] = {2.,      2. / 3,  2. / 5,  2. / 7,  2. / 9, 2. / 11,
                                     2. / 13, 2. / 15, 2. / 17, 2. / 19, 2. / 21};
  constexpr int terms = sizeof(Real) == 4 ? 5 : 11;
  return e * ln2 + s * polynomial<Real, terms>(coefficients, s * s);
}

/// cos and sin of 2 pi u for u in (0, 1]: u = (quadrant + r) / 4 with |r| <= 1/2.
template<class Real> inline void cos_sin(Vector<Real> u, Vector<Real>& cosine, Vector<Real>& sine) {
  constexpr Real half_pi = static_cast<Real>(1.57079632679489661923);
  const Vector<Real> counted = 4 * u + counter<Real>;
  const Words<Real> quadrant = bits_of<Real>(counted);
  const Vector<Real> angle = (4 * u - (counted - counter<Real>)) * half_pi, square = angle * angle;
  constexpr double cosines[] = {1.,
                                -1. / 2,
                                1. / 24,
                                -1. / 720,
                                1. / 40320,
                                -1. / 3628800,
                                1. / 479001600,
                                -1. / 87178291200.,
                                1. / 20922789888000.};
  constexpr double sines[] = {1.,
                              -1. / 6,
                              1. / 120,
                              -1. / 5040,
                              1. / 362880,
                              -1. / 39916800,
                              1. / 6227020800.,
                              -1. / 1307674368000.,
                              1. / 355687428096000.};
  constexpr int terms = sizeof(Real) == 4 ? 6 : 9;
  const Vector<Real> c = polynomial<Real, terms>(cosines, square), s = angle * polynomial<Real, terms>(sines, square);
  const auto swapped = (quadrant & 1) != 0;
  constexpr int to_sign = 8 * sizeof(Real) - 2; // from bit 1 to the sign bit
  cosine = real_of<Real>(bits_of<Real>(swapped ? s : c) ^ ((quadrant + 1) & 2) << to_sign);
  sine = real_of<Real>(bits_of<Real>(swapped ? c : s) ^ (quadrant & 2) << to_sign);
}

/// first, second = sqrt(-2 ln u1) (cos, sin)(2 pi u2)
template<class Real>
inline void box_muller(Vector<Real> u1, Vector<Real> u2, Vector<Real>& first, Vector<Real>& second) {
  const Vector<Real> radius = square_root(-2 * logarithm<Real>(u1));
  Vector<Real> cosine, sine;
  cos_sin<Real>(u2, cosine, sine);
  first = radius * cosine;
  second = radius * sine;
}

} // namespace stint::STINT_INSTRUCTION_SET
