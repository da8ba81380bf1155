#pragma once
// Propagators, the correlator in time and what follows from them, with errors by the blocked jackknife.

#include "analysis/jackknife.hpp"
#include "lattice/geometry.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace stint {

/// Columns that CorrelatorMeasurer writes for one configuration, in this order:
///   axis      |phi(p)|^2/V at p = 2 pi k / L along one direction, k = 0 ... L/2, mean over the longest directions
///   diagonal  |phi(p)|^2/V at p_mu = +- 2 pi k / L_mu, k = 0 ... (shortest extent)/2, mean over the signs
///   1         the magnetisation M
/// with phi(p) = sum_x exp(i p x) phi_x; lattice units.
struct CorrelatorColumns {
  explicit CorrelatorColumns(const Geometry& geometry);

  std::int64_t axis, diagonal;
  std::int64_t count() const { return axis + diagonal + 1; }
};

/// Measures the columns of configurations of one lattice. Made once for many of them; threads may share it. Its making
/// plans an FFT, which FFTW allows from one thread at a time only.
class CorrelatorMeasurer {
public:
  explicit CorrelatorMeasurer(const Geometry& geometry);

  /// Configurations (n, V) row-major into values (n, columns), by FFTs in double. Throws std::invalid_argument if the
  /// sizes do not fit.
  template<class Real> void measure(std::span<const Real> configurations, std::span<double> values) const;

private:
  struct Transform;

  Geometry geometry_;
  std::shared_ptr<const Transform> transform_;
};

/// C(t), t = 0 ... L/2, connected, from the means of the columns, by the inverse transform of G on the axis.
std::vector<double> time_correlator(const Geometry& geometry, std::span<const double> means);

/// Its first-order change where these means change by `change`.
std::vector<double> time_correlator_change(const Geometry& geometry, std::span<const double> means,
                                           std::span<const double> change);

/// A mass from the effective masses at t = first ... last.
struct MassPlateau {
  ValueError mass;   ///< NaN if no effective mass is known well enough
  ValueError length; ///< 1/mass, the exponential correlation length
  std::int64_t first = 0, last = 0;
};

/// Connected: V <M>^2 is taken from G(0), and what follows from it from C(t), whether or not a field is on.
struct Correlators {
  std::vector<double> axis_p2, diagonal_p2; ///< sum_mu 4 sin^2(p_mu/2)
  std::vector<ValueError> axis, diagonal;   ///< G(p) = <|phi(p)|^2>/V
  /// C(t), t = 0 ... L/2, along the longest directions: <s_0 s_t> of the slices s_t = (L/V)^(1/2) sum phi at that time,
  /// so that G(p) = sum_t exp(i p t) C(t).
  std::vector<ValueError> time;
  /// arcosh((C(t-1) + C(t+1)) / (2 C(t))), t = 1 ... L/2: the mass where C(t) is a cosh around L/2. NaN where that has
  /// no value, for all configurations or without one block.
  std::vector<ValueError> effective_mass;
  MassPlateau plateau;
};

/// The plateau: `last` is the last t up to which every effective mass is known to a quarter of its value, `first` the
/// first from which the effective mass agrees within one error with the mean of those after it; their mean weighs with
/// 1/error^2, and its error is the jackknife's with these weights. A plateau that starts early misses heavier states;
/// the effective masses say more than this one number.
/// Needs 2 blocks.
Correlators correlators(const Geometry& geometry, const BlockMeans& blocks);

} // namespace stint
