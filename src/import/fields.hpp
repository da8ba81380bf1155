#pragma once
// Configurations of phi^4 from an array of NumPy become an ensemble.

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "src/files/npy.hpp"
#include "src/program/provenance.hpp"

#include <cstdint>
#include <string>

namespace stint {

/// What the rows of the array are.
struct FieldImport {
  std::int64_t first = 0, count = 0; ///< rows that are taken
  Phi4 theory;
  double unit = 1;           ///< our field is this many times the file's
  std::int64_t chains = 1;   ///< divides count
  bool interleaved = false;  ///< rows are ordered by time, then chain; else chain by chain
  std::int64_t distance = 1; ///< trajectories from one configuration of a chain to the next
  bool show_progress = true;
};

/// The lattice of an array (N, L1, ..., Ld). Throws std::runtime_error, one line naming `path`, for another shape.
Geometry field_geometry(const NpyReader& file, const std::string& path);

/// A mean over configurations, with the error that it would have if they were independent.
struct NaiveMean {
  double value = 0, error = 0; ///< the error is NaN for one configuration
};

/// Writes rows [first, first + count) as an ensemble of kind "phi4", float64 where the file has more than float32.
/// Memory is some 100 MB. The file is whole or absent. Returns (1/V) sum_x phi_x dS/dphi_x, whose mean is 1 for the
/// action that the configurations follow (Schwinger-Dyson): it shows couplings or a unit that are wrong. Throws
/// std::runtime_error, one line naming `path`, for values that are not finite.
NaiveMean import_fields(NpyReader& file, const std::string& path, const FieldImport& what, const std::string& output,
                        bool overwrite, const Provenance& provenance);

} // namespace stint
