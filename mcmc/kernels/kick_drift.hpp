#pragma once
// The kick and drift of molecular dynamics, fused.

#include "mcmc/kernels/kernels.hpp"
#include "mcmc/kernels/simd.hpp"

#include <utility>

namespace stint::STINT_INSTRUCTION_SET {

/// Sites of a row that are summed in Real before the sum goes on in double.
inline constexpr int partial_sum_sites = 16;

/// The elements Shift, Shift + 1, ... of two registers behind one another.
template<class Real, int Shift, int... I>
inline Vector<Real> shifted(Vector<Real> low, Vector<Real> high, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(low, high, (Shift + I)...);
}

/// The slice at lane `lane` of the lanes' successors, lane + 1, and predecessors, lane - 1; `site` is all lanes of a
/// site.
template<class Real> inline Vector<Real> next_lanes(const Real* site, int lane) {
  constexpr int width = Simd<Real>::width;
  return shifted<Real, 1>(load(site + lane), load(site + (lane + width) % lanes),
                          std::make_integer_sequence<int, width>());
}
template<class Real> inline Vector<Real> previous_lanes(const Real* site, int lane) {
  constexpr int width = Simd<Real>::width;
  return shifted<Real, width - 1>(load(site + (lane + lanes - width) % lanes), load(site + lane),
                                  std::make_integer_sequence<int, width>());
}

enum class Measured { nothing, before, after };

/// In which of the two senses of the last direction across the neighbours are those of the next lanes (forward) and of
/// the previous ones (backward).
struct Joins {
  bool forward, backward;
};

/// The slice at lane `lane` of one row. Pointers are to lane 0 of the row's first site; `across` are the 2 * Across
/// rows beside it.
template<class Real, class A, int Across, Measured Measure, bool Drift, Joins Joined>
inline void pass_over_row(const KickDrift<Real>& s, const Region& region, const Real* phi, const Real* const* across,
                          Real* pi, Real* out, Energies* energies, int lane) {
  using V = Vector<Real>;
  const auto site = *static_cast<const decltype(A().template site<Real>(1))*>(s.site);
  const auto kick = site.kick(s.kick);
  const int stop = region.first_site + region.sites;
  const Real* const last = phi + std::int64_t{s.extent - 1} * lanes;
  const V beyond = s.join == Join::sites ? next_lanes(phi, lane) : load(phi + lane);
  const V before_first = s.join == Join::sites ? previous_lanes(last, lane) : load(last + lane);
  const Real* const slice = phi + lane;
  V left = region.first_site > 0 ? load(slice + std::int64_t{region.first_site - 1} * lanes) : before_first;
  V centre = load(slice + std::int64_t{region.first_site} * lanes);
  for (int begin = region.first_site; begin < stop; begin += partial_sum_sites) {
    const int end = begin + partial_sum_sites < stop ? begin + partial_sum_sites : stop;
    V action_part = {}, kinetic_part = {}, phi_part = {}, virial_part = {};
    for (int x = begin; x < end; ++x) {
      const std::int64_t at = std::int64_t{x} * lanes;
      const V right = x + 1 < s.extent ? load(slice + at + lanes) : beyond;
      V neighbours = left + right;
      for (int i = 0; i < 2 * Across; ++i)
        if (Joined.forward && i == 2 * Across - 2)
          neighbours += next_lanes(across[i] + at, lane);
        else if (Joined.backward && i == 2 * Across - 1)
          neighbours += previous_lanes(across[i] + at, lane);
        else
          neighbours += load(across[i] + at + lane);
      const V before = load(pi + at + lane);
      const V after = kick(before, centre, neighbours);
      store<Real>(pi + at + lane, after);
      if constexpr (Drift)
        store<Real>(out + at + lane, centre + s.drift * after);
      if constexpr (Measure != Measured::nothing) {
        const V momentum = Measure == Measured::before ? before : after;
        action_part += site.density(centre, neighbours);
        kinetic_part += momentum * momentum;
        phi_part += centre;
        virial_part += site.virial_term(centre);
      }
      left = centre;
      centre = right;
    }
    if constexpr (Measure != Measured::nothing)
      for (int i = 0; i < Simd<Real>::width; ++i) {
        energies->action[lane + i] += static_cast<double>(action_part[i]);
        energies->kinetic[lane + i] += static_cast<double>(kinetic_part[i]) / 2;
        energies->sum_phi[lane + i] += static_cast<double>(phi_part[i]);
        energies->virial_terms[lane + i] += static_cast<double>(virial_part[i]);
      }
  }
}

template<class Real, class A, int Across, Measured Measure, bool Drift>
inline void pass_over_rows(const KickDrift<Real>& s, const Region& region) {
  const std::int64_t row_size = std::int64_t{s.extent} * lanes;
  for (std::int64_t row = region.first_row; row < region.first_row + region.rows; ++row) {
    const std::int64_t at = row * row_size;
    const Real* across[2 * Across + 1];
    for (int i = 0; i < 2 * Across; ++i)
      across[i] = s.phi + s.row_neighbours[row * 2 * Across + i] * row_size;
    const auto slices = [&]<Joins Joined>() {
      for (int lane = 0; lane < lanes; lane += Simd<Real>::width)
        pass_over_row<Real, A, Across, Measure, Drift, Joined>(s, region, s.phi + at, across, s.pi + at,
                                                               Drift ? s.out + at : nullptr,
                                                               Measure == Measured::after ? s.after : s.before, lane);
    };
    if constexpr (Across >= 2)
      if (s.join == Join::rows) {
        const int place = static_cast<int>(row % s.last_across);
        const bool first = place == 0, last = place + 1 == s.last_across;
        if (first && last)
          slices.template operator()<Joins{true, true}>();
        else if (first)
          slices.template operator()<Joins{false, true}>();
        else if (last)
          slices.template operator()<Joins{true, false}>();
        else
          slices.template operator()<Joins{false, false}>();
        continue;
      }
    slices.template operator()<Joins{false, false}>();
  }
}

template<class Real, class A, int Across>
inline void kick_drift_across(const KickDrift<Real>& s, const Region& region) {
  if (s.after)
    pass_over_rows<Real, A, Across, Measured::after, false>(s, region);
  else if (s.before && s.out)
    pass_over_rows<Real, A, Across, Measured::before, true>(s, region);
  else if (s.before)
    pass_over_rows<Real, A, Across, Measured::before, false>(s, region);
  else if (s.out)
    pass_over_rows<Real, A, Across, Measured::nothing, true>(s, region);
  else
    pass_over_rows<Real, A, Across, Measured::nothing, false>(s, region);
}

template<class Real, class A> void kick_drift(const KickDrift<Real>& s, const Region& region) {
  switch (s.directions_across) {
  case 0:
    return kick_drift_across<Real, A, 0>(s, region);
  case 1:
    return kick_drift_across<Real, A, 1>(s, region);
  case 2:
    return kick_drift_across<Real, A, 2>(s, region);
  default:
    return kick_drift_across<Real, A, 3>(s, region);
  }
}

} // namespace stint::STINT_INSTRUCTION_SET
