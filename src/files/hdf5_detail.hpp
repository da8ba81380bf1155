#pragma once
// What the files of the HDF5 layer share; for them only.

#include "src/files/hdf5.hpp"

#include <hdf5.h>

#include <string>

namespace stint::hdf5 {

static_assert(std::is_same_v<hid_t, std::int64_t>, "HDF5 1.10 or later");

hid_t memory_type(Type type); ///< as this machine has it
hid_t file_type(Type type);   ///< as files have it: little endian

/// h5py's type of truth values: an enumeration of int8 with FALSE = 0 and TRUE = 1.
Handle truth_type();

/// The name of any type in a file: "float16", "text", "compound".
std::string type_text(hid_t type);

/// Throws std::runtime_error "file: what".
[[noreturn]] void fail(const std::string& file, const std::string& what);

/// HDF5's own account of the last failure, in a few words, " (No space left on device)", or nothing.
std::string reason();

/// HDF5 would print every failure on standard error; ours are exceptions.
void silence();

Handle file_access(); ///< the property list by which all files are opened and created

/// HDF5's oldest format, the default of h5py and of HDF5 itself, has no checksums of metadata; when these are damaged,
/// HDF5 1.10 may crash, never end, or ask for any amount of memory. So a child process, with little memory and time,
/// walks such a file first. Throws std::runtime_error if it does not come back well. Files with checksums are not
/// tried: HDF5 checks them.
void try_out(const std::string& path);

/// From now on the processes that try files are children of a helper, forked here, and not of this process. The helper
/// ends with this process. Without a helper, if it cannot be made, try_out() goes on as before.
void start_trial_helper();

/// The property list by which links made on the way to a new object make the groups that are missing.
Handle parents_too();

} // namespace stint::hdf5
