#pragma once
// FFTW's names in one precision, for templates. To be included in source files that link FFTW::double and FFTW::single.

#include <fftw3.h>

namespace stint {

/// Plans of `forward` take real fields to the half spectrum of their modes, those of `backward` modes to fields.
template<class Real> struct Fftw;

template<> struct Fftw<float> {
  using Complex = fftwf_complex;
  using Plan = fftwf_plan;
  static constexpr auto plan_forward = fftwf_plan_many_dft_r2c;
  static constexpr auto plan_backward = fftwf_plan_many_dft_c2r;
  static constexpr auto forward = fftwf_execute_dft_r2c;
  static constexpr auto backward = fftwf_execute_dft_c2r;
  static constexpr auto destroy = fftwf_destroy_plan;
  static constexpr auto allocate = fftwf_malloc;
  static constexpr auto free = fftwf_free;
};

template<> struct Fftw<double> {
  using Complex = fftw_complex;
  using Plan = fftw_plan;
  static constexpr auto plan_forward = fftw_plan_many_dft_r2c;
  static constexpr auto plan_backward = fftw_plan_many_dft_c2r;
  static constexpr auto forward = fftw_execute_dft_r2c;
  static constexpr auto backward = fftw_execute_dft_c2r;
  static constexpr auto destroy = fftw_destroy_plan;
  static constexpr auto allocate = fftw_malloc;
  static constexpr auto free = fftw_free;
};

} // namespace stint
