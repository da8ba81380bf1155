#pragma once
// An ensemble as a user's script writes it, with h5py or HDF5's own interface and their defaults.

#include <string>

namespace stint::fuzz {

/// An ensemble of 64 configurations of a 4x4 lattice in HDF5's oldest format, which has no checksums of its metadata,
/// with texts of variable length. `chunked`: in chunks, shuffled and compressed; else in one piece.
void write_foreign_ensemble(const std::string& path, bool chunked);

} // namespace stint::fuzz
