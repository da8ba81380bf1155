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

/// Writes rows [first, first + count) as an ensemble of kind "phi4", float64 where the file has more than float32.
/// Memory is a few tens of MB. The file is whole or absent. Throws std::runtime_error, one line naming `path`, for
/// values that are not finite.
void import_fields(NpyReader& file, const std::string& path, const FieldImport& what, const std::string& output,
                   bool overwrite, const Provenance& provenance);

} // namespace stint
