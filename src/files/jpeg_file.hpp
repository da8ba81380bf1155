#pragma once
// JPEG files, by libjpeg or libjpeg-turbo.

#include "src/pictures/picture.hpp"

#include <cstdint>
#include <string>

namespace stint {

/// The picture in a JPEG file, grey or in colour. The orientation that a camera notes in EXIF and colour profiles are
/// not applied. Throws std::runtime_error, one line naming the file, if it is damaged or truncated, has more than
/// `most_pixels`, or its colours are those of print (CMYK).
Picture read_jpeg(const std::string& path, std::int64_t most_pixels);

} // namespace stint
