#include "src/pictures/sheet.hpp"

#include <algorithm>

namespace stint {

Picture magnify(const Picture& picture, std::int64_t n) {
  Picture out(picture.height * n, picture.width * n, picture.channels);
  for (std::int64_t c = 0; c < out.channels; ++c)
    for (std::int64_t y = 0; y < out.height; ++y)
      for (std::int64_t x = 0; x < out.width; ++x)
        out.at(c, y, x) = picture.at(c, y / n, x / n);
  return out;
}

Picture contact_sheet(std::span<const Picture> pictures, std::int64_t rows, std::int64_t columns, std::int64_t gap) {
  const Picture& first = pictures[0];
  Picture sheet(rows * (first.height + gap) + gap, columns * (first.width + gap) + gap, first.channels);
  std::ranges::fill(sheet.values, 1.0F);
  for (std::int64_t i = 0; i < std::min(std::ssize(pictures), rows * columns); ++i) {
    const std::int64_t top = gap + i / columns * (first.height + gap), left = gap + i % columns * (first.width + gap);
    for (std::int64_t c = 0; c < first.channels; ++c)
      for (std::int64_t y = 0; y < first.height; ++y)
        for (std::int64_t x = 0; x < first.width; ++x)
          sheet.at(c, top + y, left + x) = pictures[i].at(c, y, x);
  }
  return sheet;
}

} // namespace stint
