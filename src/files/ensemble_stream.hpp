#pragma once
// Configurations of an ensemble file of any size, chunk by chunk on all threads.

#include "src/files/ensemble_file.hpp"

#include <cstdint>
#include <functional>
#include <span>

namespace stint {

/// Called with the number of a configuration and the (n, C V) row-major sites of it and those that follow it; from
/// several threads at once, in any order.
template<class Real> using Visit = std::function<void(std::int64_t first, std::span<const Real> configurations)>;

/// Calls `visit` for all configurations [first, last) of an ensemble, each once, on OpenMP's threads. A thread takes
/// the next chunk of the file, verifies its checksum and works on it while it lies in the cache: memory is one chunk a
/// thread. What is not stored in such chunks, or does not have the right checksum, is read by HDF5, whose error then
/// counts. Values are not checked for NaN. `progress` is called, by one thread at a time, with the number of the next
/// configuration that is taken. Real is the header's precision. Throws
/// std::runtime_error naming the file if a chunk is damaged, and whatever `visit` throws; of several errors that of the
/// first configuration.
template<class Real>
void visit_configurations(const EnsembleReader& ensemble, std::int64_t first, std::int64_t last,
                          const std::function<void(std::int64_t)>& progress, const Visit<Real>& visit);

} // namespace stint
