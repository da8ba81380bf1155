#pragma once
// What `stint measure` prints.

#include "src/measure/result.hpp"
#include "src/program/json_output.hpp"

#include <string>

namespace stint {

/// Values with errors, tau_int and convergence, one observable a line, and the correlators if there are any.
std::string measure_table(const MeasureResult& result);

/// All numbers. With `series` also the primary values of each configuration, by chain and trajectory, and the
/// covariances of the observables.
Json measure_json(const MeasureResult& result, bool series);

} // namespace stint
