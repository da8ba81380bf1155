#include "src/import/preparation.hpp"

#include "src/pictures/transform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

/// Scaled to the new height, the picture has the new width but for a pixel, or the other way round.
bool keeps_shape(const Picture& picture, const Preparation::Extents& size) {
  const auto [h, w] = size;
  const double ratio = static_cast<double>(picture.width) / static_cast<double>(picture.height);
  const auto height = static_cast<double>(h), width = static_cast<double>(w);
  return std::abs(ratio * height - width) <= 1 || std::abs(width / ratio - height) <= 1;
}

} // namespace

Picture Preparation::operator()(Picture picture, const std::string& name) const {
  if (channels)
    picture = *channels == 1 ? grey(picture) : colour(picture);
  if (square) {
    const auto side = std::min(picture.height, picture.width);
    picture = centre_crop(picture, side, side);
  }
  if (crop) {
    if (crop->first > picture.height || crop->second > picture.width)
      throw std::runtime_error(
          fmt::format("{}: has {} pixels, too few for --crop {}x{}", name, picture.text(), crop->first, crop->second));
    picture = centre_crop(picture, crop->first, crop->second);
  }
  if (size && *size != Extents{picture.height, picture.width}) {
    if (!keeps_shape(picture, *size))
      throw std::runtime_error(fmt::format("{}: has {} pixels, which --size {}x{} would distort; --crop square, or "
                                           "--crop HxW, first takes the middle of each picture",
                                           name, picture.text(), size->first, size->second));
    picture = resize(picture, size->first, size->second);
  }
  return picture;
}

} // namespace stint
