#pragma once
// What ensembles of the kind "image" say of their pictures beside the header:
//
//   /label            (N) int64: the class of each picture, where it is known
//   attribute value_range  [-1, 1]: black and white
//   attribute source       the file or folder that the pictures came from, as the user named it
//   attribute split        "train", "valid" or "test", where it is known
//   attribute digest       of /configurations as float32 (digest.hpp), hexadecimal

#include "src/files/hdf5.hpp"

#include <string>

namespace stint {

inline constexpr const char* label_dataset = "/label";

struct ImageAttributes {
  std::string source, split, digest; ///< empty where unknown
};

/// Writes value_range, and the others that are not empty.
void write_image_attributes(hdf5::File& file, const ImageAttributes& attributes);
/// Those that the file does not have are empty.
ImageAttributes read_image_attributes(const hdf5::File& file);

} // namespace stint
