#pragma once
// From an ensemble file to the measurements that the analysis works on.

#include "analysis/observables.hpp"

#include <string>

namespace stint {

/// Measures all configurations of an ensemble file, reading blocks of rows: memory is 32 MiB and 88 bytes a
/// configuration. Throws std::runtime_error naming the file if it is no whole ensemble, has NaN or infinite values, or
/// fewer than 2 configurations.
Measurements measure_file(const std::string& path, bool show_progress);

} // namespace stint
