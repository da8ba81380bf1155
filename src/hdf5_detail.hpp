#pragma once
// What the files of the HDF5 layer share; for them only.

#include "src/hdf5.hpp"

#include <hdf5.h>

#include <string>

namespace stint::hdf5 {

static_assert(std::is_same_v<hid_t, std::int64_t>, "HDF5 1.10 or later");

hid_t memory_type(Type type); ///< as this machine has it
hid_t file_type(Type type);   ///< as files have it: little endian

/// Throws std::runtime_error "file: what".
[[noreturn]] void fail(const std::string& file, const std::string& what);

/// HDF5's own account of the last failure, in a few words, " (No space left on device)", or nothing.
std::string reason();

/// HDF5 would print every failure on standard error; ours are exceptions.
void silence();

/// The property list by which links made on the way to a new object make the groups that are missing.
Handle parents_too();

} // namespace stint::hdf5
