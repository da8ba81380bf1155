#pragma once
// A single field from a file: a mask, or the map of a coupling.

#include "lattice/geometry.hpp"
#include "src/ranks/mpi.hpp"

#include <string>
#include <vector>

namespace stint {

/// Whether `text` names a file as read_field takes it, and not a mask in words.
bool names_field_file(const std::string& text);

/// The field in a file, (V) row-major. The file is one of
///   - an ensemble of one configuration,
///   - an NPY file (npy.hpp), also through a pipe,
///   - an HDF5 file with one dataset of numbers, or FILE:/NAME for one of several datasets,
/// of shape (L1, ..., Ld) or (1, L1, ..., Ld). Throws UsageError, one line naming the file, if it has another number of
/// fields or another lattice; std::runtime_error if it cannot be read or a value is not finite. Rank 0 reads, all get
/// it. Collective.
std::vector<double> read_field(const Mpi& mpi, const std::string& path, const Geometry& geometry);

} // namespace stint
