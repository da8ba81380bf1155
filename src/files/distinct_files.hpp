#pragma once
// Whether the files of a command are different ones.

#include <span>
#include <string>

namespace stint {

/// A file, and how the user named it: "--json a.json".
struct NamedFile {
  std::string path, shown;
};

/// Throws UsageError, one line with both names, if two outputs are the same file or an output is one of the inputs,
/// whatever the spelling: ./, links and hard links are followed. An input FILE:/NAME is the file FILE, an input folder
/// all that is in it but for HDF5 files (.h5, .hdf5), which no folder is read for. Inputs that do not exist and the
/// output "-", standard output, are passed over.
void check_distinct(std::span<const NamedFile> inputs, std::span<const NamedFile> outputs);

} // namespace stint
