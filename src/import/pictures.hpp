#pragma once
// Pictures become an ensemble of the kind "image".

#include "src/files/image_attributes.hpp"
#include "src/import/picture_source.hpp"
#include "src/import/preparation.hpp"
#include "src/program/provenance.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace stint {

/// What import_pictures() is to do.
struct PictureImport {
  std::int64_t first = 0, count = 0; ///< pictures of the source
  Preparation prepare;
  ImageAttributes attributes;           ///< all but the digest
  std::span<const std::int64_t> labels; ///< (count), or empty
  bool show_progress = true;
};

/// What an ensemble of pictures is like.
struct PictureShape {
  std::int64_t height = 0, width = 0, channels = 0;
};

/// Writes pictures [first, first + count) of the source as float32 between -1 and 1, in their order, whatever the
/// number of threads; memory is some 100 MB and a picture a thread. The file is whole or absent. Throws
/// std::runtime_error, one line naming a picture, for pictures of different sizes or numbers of channels, and whatever
/// the source throws.
PictureShape import_pictures(PictureSource& source, const PictureImport& what, const std::string& output,
                             bool overwrite, const Provenance& provenance);

} // namespace stint
