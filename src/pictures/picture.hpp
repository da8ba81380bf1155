#pragma once
// One picture in memory, and where its bytes lie between -1 and 1.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace stint {

/// The kind of ensembles of pictures: attribute "kind".
inline constexpr const char* image_kind = "image";

/// A picture of one channel (grey) or three (red, green, blue). `values` is (channels, height, width) row-major; row 0
/// is the top. Black is -1, white is 1.
struct Picture {
  std::int64_t height = 0, width = 0, channels = 1;
  std::vector<float> values;

  Picture() = default;
  Picture(std::int64_t h, std::int64_t w, std::int64_t c)
      : height(h), width(w), channels(c), values(static_cast<std::size_t>(h * w * c)) {}

  float& at(std::int64_t channel, std::int64_t row, std::int64_t column) {
    return values[(channel * height + row) * width + column];
  }
  float at(std::int64_t channel, std::int64_t row, std::int64_t column) const {
    return values[(channel * height + row) * width + column];
  }

  std::string text() const { return std::to_string(height) + "x" + std::to_string(width); } ///< "218x178"
};

/// 2 b / 255 - 1 for b = 0 ... 255.
inline float value_of_byte(std::uint8_t byte) { return static_cast<float>(2.0 * byte / 255 - 1); }

/// The byte nearest to a value: the inverse of value_of_byte(). Values beyond -1 and 1 are cut off there; NaN is black.
inline std::uint8_t byte_of_value(double value) {
  const double level = (value + 1) * (255.0 / 2);
  return level > 0 ? static_cast<std::uint8_t>(std::lround(std::min(level, 255.0))) : 0;
}

/// Puts a row of bytes whose channels lie side by side (r g b r g b ...) into a picture.
inline void set_row(Picture& picture, std::int64_t row, std::span<const std::uint8_t> bytes) {
  for (std::int64_t x = 0; x < picture.width; ++x)
    for (std::int64_t c = 0; c < picture.channels; ++c)
      picture.at(c, row, x) = value_of_byte(bytes[x * picture.channels + c]);
}

} // namespace stint
