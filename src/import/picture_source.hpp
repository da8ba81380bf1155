#pragma once
// Where pictures come from.

#include "src/pictures/picture.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace stint {

/// Called with the number of a picture and the picture, from several threads at once, in any order.
using TakePicture = std::function<void(std::int64_t number, Picture picture)>;

/// Pictures 0 ... size() - 1, read from the first to the last. Errors are std::runtime_error with one line naming the
/// file; of several the one of the first picture.
class PictureSource {
public:
  virtual ~PictureSource() = default;

  virtual std::int64_t size() const = 0;
  virtual std::string name(std::int64_t number) const = 0; ///< as messages name a picture: "a.png", "x.gz image 5"

  /// Hands over pictures [first, first + n), each once; calls ask for pictures in ascending order.
  virtual void read(std::int64_t first, std::int64_t n, const TakePicture& take) = 0;

  virtual void finish() {} ///< after the last picture of the source: throws if there is more, or a checksum is wrong
};

} // namespace stint
