#pragma once
// The measurements of an ensemble in the format of pyerrors (https://github.com/fjosw/pyerrors), its JSON version 1.1.

#include "src/measure/result.hpp"

#include <span>
#include <string>

namespace stint {

/// Writes PATH, gzipped JSON that pyerrors.input.json.load_json reads: one Obs for each observable that is defined and
/// for the primary values that are none (tag: its name), and after them, if there are `correlator_columns`, the
/// connected C(t) as a Corr (tag "C(t)").
///
/// Chains are replica "NAME|r000", ... of the ensemble NAME, the stem of the first file; trajectory numbers are
/// configuration numbers. Where every chain has one configuration (samples of a model), these are one replica with the
/// numbers 1, 2, ... The value is that of `stint measure`, the deltas are its linearised series, with the weights where
/// there are any (then "reweighted" is set).
///
/// correlator_columns: those of CorrelatorMeasurer, (N, columns), in the order of the chains; or empty.
/// Throws std::runtime_error naming the file if it cannot be written, or if all chains have fewer than 4
/// configurations, with which pyerrors has no error.
void write_pyerrors(const std::string& path, const MeasureResult& result, std::span<const double> correlator_columns,
                    bool overwrite);

} // namespace stint
