#pragma once
// The kick and drift of leapfrog, fused.

#include "mcmc/kernels/kernels.hpp"
#include "mcmc/kernels/simd.hpp"

namespace stint::STINT_INSTRUCTION_SET {

/// Sites of a row that are summed in Real before the sum goes on in double.
inline constexpr int partial_sum_sites = 16;

enum class Measured { nothing, before, after };

/// One slice of one row. `across` are the slices of the 2 * Across rows beside it.
template<class Real, int Across, Measured Measure>
inline void sweep_row(const Sweep<Real>& s, const Real* phi, const Real* const* across, Real* pi, Real* out,
                      double* action, double* kinetic, double* field) {
  using V = Vector<Real>;
  // kick * force = phi (linear + cubic phi^2) + hopping (neighbours + field / 2)
  const Real linear = -2 * s.kick * s.onsite, cubic = -4 * s.kick * s.lambda, hopping = 2 * s.kick;
  const Real half_field = s.field / 2;
  V left = load(phi + std::int64_t{s.extent - 1} * lanes);
  V centre = load(phi);
  for (int begin = 0; begin < s.extent; begin += partial_sum_sites) {
    const int end = begin + partial_sum_sites < s.extent ? begin + partial_sum_sites : s.extent;
    V action_part = {}, kinetic_part = {}, field_part = {};
    for (int x = begin; x < end; ++x) {
      const std::int64_t at = std::int64_t{x} * lanes;
      const V right = load(phi + (x + 1 < s.extent ? at + lanes : 0));
      V neighbours = left + right;
      for (int i = 0; i < 2 * Across; ++i)
        neighbours += load(across[i] + at);
      const V square = centre * centre;
      const V before = load(pi + at);
      const V after = before + hopping * (neighbours + half_field) + centre * (linear + cubic * square);
      store<Real>(pi + at, after);
      if constexpr (Measure != Measured::after)
        store<Real>(out + at, centre + s.drift * after);
      if constexpr (Measure != Measured::nothing) {
        const V momentum = Measure == Measured::before ? before : after;
        // A bond belongs to both of its sites, hence neighbours and not 2 neighbours.
        action_part += centre * (centre * (s.onsite + s.lambda * square) - neighbours - s.field);
        kinetic_part += momentum * momentum;
        field_part += centre;
      }
      left = centre;
      centre = right;
    }
    if constexpr (Measure != Measured::nothing)
      for (int lane = 0; lane < Simd<Real>::width; ++lane) {
        action[lane] += static_cast<double>(action_part[lane]);
        kinetic[lane] += static_cast<double>(kinetic_part[lane]) / 2;
        field[lane] += static_cast<double>(field_part[lane]);
      }
  }
}

template<class Real, int Across, Measured Measure>
inline void sweep_rows(const Sweep<Real>& s, Energies* energies, std::int64_t first_row, std::int64_t rows) {
  const std::int64_t row_size = std::int64_t{s.extent} * lanes;
  for (std::int64_t row = first_row; row < first_row + rows; ++row)
    for (int lane = 0; lane < lanes; lane += Simd<Real>::width) {
      const std::int64_t at = row * row_size + lane;
      const Real* across[2 * Across + 1];
      for (int i = 0; i < 2 * Across; ++i)
        across[i] = s.phi + s.row_neighbours[row * 2 * Across + i] * row_size + lane;
      Real* const out = Measure == Measured::after ? nullptr : s.out + at;
      if constexpr (Measure == Measured::nothing)
        sweep_row<Real, Across, Measure>(s, s.phi + at, across, s.pi + at, out, nullptr, nullptr, nullptr);
      else
        sweep_row<Real, Across, Measure>(s, s.phi + at, across, s.pi + at, out, energies->action + lane,
                                         energies->kinetic + lane, energies->field + lane);
    }
}

template<class Real, int Across> inline void sweep_across(const Sweep<Real>& s, std::int64_t first, std::int64_t rows) {
  if (s.after)
    sweep_rows<Real, Across, Measured::after>(s, s.after, first, rows);
  else if (s.before)
    sweep_rows<Real, Across, Measured::before>(s, s.before, first, rows);
  else
    sweep_rows<Real, Across, Measured::nothing>(s, nullptr, first, rows);
}

template<class Real> void sweep(const Sweep<Real>& s, std::int64_t first_row, std::int64_t rows) {
  switch (s.directions_across) {
  case 0:
    return sweep_across<Real, 0>(s, first_row, rows);
  case 1:
    return sweep_across<Real, 1>(s, first_row, rows);
  case 2:
    return sweep_across<Real, 2>(s, first_row, rows);
  default:
    return sweep_across<Real, 3>(s, first_row, rows);
  }
}

} // namespace stint::STINT_INSTRUCTION_SET
