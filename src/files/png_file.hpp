#pragma once
// PNG files, by libpng.

#include "src/pictures/picture.hpp"

#include <cstdint>
#include <string>

namespace stint {

/// The picture in a PNG file as 8 bits a channel: palettes and fewer bits are expanded, 16 bits rounded to 8, a picture
/// with transparency is laid on white. The numbers are taken as they are: gamma and colour profiles are not applied.
/// Throws std::runtime_error, one line naming the file, if it is damaged or truncated, or has more than `most_pixels`.
Picture read_png(const std::string& path, std::int64_t most_pixels);

/// Writes a picture of 8 bits a channel (byte_of_value()) to `path`, which errors call `shown`. The file is not flushed
/// to disk: for files with a temporary name.
void write_png(const std::string& path, const std::string& shown, const Picture& picture);

} // namespace stint
