#pragma once
// From an ensemble file to the measurements that the analysis works on.

#include "analysis/jackknife.hpp"
#include "analysis/observables.hpp"

#include <string>

namespace stint {

/// Measures all configurations of an ensemble file, reading blocks of rows: memory is 32 MiB and 88 bytes a
/// configuration. Throws std::runtime_error naming the file if it is no whole ensemble, has NaN or infinite values, or
/// fewer than 2 configurations.
Measurements measure_file(const std::string& path, bool show_progress);

/// The means of the columns of measure_correlators over each block; blocks.of numbers the configurations of the file,
/// negative for those that belong to no block. Memory is 32 MiB and the columns of that many configurations, however
/// long the file. Throws as measure_file, and if the file does not have as many configurations.
BlockMeans correlators_of_file(const std::string& path, const Blocks& blocks, bool show_progress);

} // namespace stint
