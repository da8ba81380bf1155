#pragma once
// The acceptance step: proposals replace the fields of the chains that accepted them.

#include "mcmc/kernels/simd.hpp"

namespace stint::STINT_INSTRUCTION_SET {

template<class Real> void select(std::uint32_t accepted, std::int64_t sites, const Real* proposal, Real* phi) {
  for (int first = 0; first < lanes; first += Simd<Real>::width) {
    Words<Real> chosen;
    for (int lane = 0; lane < Simd<Real>::width; ++lane)
      chosen[lane] = accepted >> (first + lane) & 1;
    for (std::int64_t at = first; at < sites * lanes; at += lanes)
      store<Real>(phi + at, chosen != 0 ? load(proposal + at) : load(phi + at));
  }
}

} // namespace stint::STINT_INSTRUCTION_SET
