#pragma once
// From pictures of any size to pictures of one size.

#include "src/pictures/picture.hpp"

#include <optional>
#include <string>
#include <utility>

namespace stint {

/// What is done to each picture, in this order.
struct Preparation {
  using Extents = std::pair<std::int64_t, std::int64_t>; ///< height, width

  bool square = false;         ///< crop to the largest square in the middle
  std::optional<Extents> crop; ///< crop to these pixels in the middle
  std::optional<Extents> size; ///< resize (transform.hpp)
  std::optional<int> channels; ///< 1: grey, 3: colour

  /// Throws std::runtime_error, one line naming the picture as `name`, if it is smaller than the crop, or if resizing
  /// would distort it by more than a pixel.
  Picture operator()(Picture picture, const std::string& name) const;
};

} // namespace stint
