#pragma once
// What is measured on each configuration.

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace stint {

/// The values kept of each configuration, by their index; every observable is a function of their means.
namespace primary {
enum Index : int {
  magnetisation,     ///< M = (1/V) sum_x phi_x
  abs_magnetisation, ///< |M|
  magnetisation2,    ///< M^2
  magnetisation4,    ///< M^4
  phi2,              ///< (1/V) sum_x phi_x^2
  phi4,              ///< (1/V) sum_x phi_x^4
  nearest_neighbour, ///< (1/(dV)) sum_{x,mu} phi_x phi_{x+mu}
  action_density,    ///< S/V, with the couplings of the ensemble
  lowest_mode, ///< |sum_x exp(i p x) phi_x|^2 / V at the smallest p along an axis, mean over the longest directions
  count
};
} // namespace primary

inline constexpr int primary_count = primary::count;

/// Their names in our JSON files, those of the observables that are their means.
inline constexpr std::array<const char*, primary_count> primary_names = {
    "magnetisation", "abs_magnetisation", "magnetisation_squared", "magnetisation_fourth", "phi2",
    "phi4",          "nearest_neighbour", "action_density",        "lowest_mode"};

/// Per-configuration values of one ensemble, in any order; analysis is quickest where they are in that of split_chains.
struct Measurements {
  Geometry geometry;
  std::vector<std::int64_t> chain;      ///< (N) the Markov chain of each configuration; for model samples its own index
  std::vector<std::int64_t> trajectory; ///< (N) its trajectory in that chain
  std::vector<double> values;           ///< (N, primary_count) row-major
  std::vector<double> weight = {};      ///< (N) by which means count each configuration, not all 0; empty: all alike
  std::vector<std::int64_t> number = {}; ///< (N) of each configuration in its file; empty: 0, 1, 2, ...

  std::int64_t number_of(std::int64_t i) const { return number.empty() ? i : number[i]; }
};

/// Measures configurations of one lattice. Made once for many of them; threads may share it.
class Measurer {
public:
  Measurer(const Geometry& geometry, const Phi4& theory);

  /// Configurations (n, V) row-major into values (n, primary_count); sums in double. Throws std::invalid_argument if
  /// the sizes do not fit.
  template<class Real> void measure(std::span<const Real> configurations, std::span<double> values) const;

private:
  struct Rows;

  Geometry geometry_;
  Phi4 theory_;
  std::shared_ptr<const Rows> rows_;
};

/// The same on OpenMP's threads.
template<class Real>
void measure(const Geometry& geometry, const Phi4& theory, std::span<const Real> configurations,
             std::span<double> values);

} // namespace stint
