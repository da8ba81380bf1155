#pragma once
// The table of observables: each is one row, from which estimates, JSON, reports and figures follow.

#include "analysis/dual.hpp"
#include "analysis/primaries.hpp"

#include <array>
#include <span>
#include <vector>

namespace stint {

using PrimaryMeans = std::array<double, primary_count>;
using PrimaryDual = Dual<primary_count>; ///< a function of the means of the primary values, with its gradient by them

/// What a formula may use: the means of the primary values, by their index, and the lattice.
struct FormulaInput {
  std::array<PrimaryDual, primary_count> mean;
  double volume = 0; ///< V, sites
  int extent = 0;    ///< L of the longest directions

  const PrimaryDual& operator[](primary::Index index) const { return mean[index]; }
};

struct Observable {
  const char* name;    ///< in our JSON files
  const char* meaning; ///< its definition as plain text, in lattice units, without | (it ends a cell of Markdown)
  const char* label;   ///< its symbol in figures, LaTeX
  PrimaryDual (*formula)(const FormulaInput&);
  const char* needs = ""; ///< what must hold for it to be defined; empty: nothing
};

/// All observables, in the order of the design. A new one is one more row in observables.cpp; where it needs another
/// value of each configuration, also a primary value (primaries.hpp). A program with rows of its own gives the
/// functions of analysis/ and the commands a longer table, as examples/observable does.
///
/// G(0) is connected whether or not a field is on: where <M> = 0 by symmetry its estimate changes G(0) by a relative 2
/// tau_int/N only, less than the error, and prior, tilted and model ensembles are compared in one definition.
std::span<const Observable> observables();

/// Rows of a table of observables. They must outlive what is given them.
using ObservableRows = std::span<const Observable>;

/// The observables F(means) with dF/dmeans, in the order of the rows. NaN, with a gradient of zeros, where these means
/// leave one undefined.
std::vector<PrimaryDual> evaluate_observables(const Geometry& geometry, const PrimaryMeans& means,
                                              ObservableRows rows = observables());

} // namespace stint
