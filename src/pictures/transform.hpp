#pragma once
// What is done to a picture before it becomes a configuration.

#include "src/pictures/picture.hpp"

namespace stint {

/// The part of h x w pixels in the middle; where the rest is odd, the pixel more is left out at the bottom and on the
/// right. h and w must not exceed the picture's.
Picture centre_crop(const Picture& picture, std::int64_t h, std::int64_t w);

/// One channel, the luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601-7, section 2.5.1), of three; grey stays as it is.
Picture grey(const Picture& picture);

/// Three channels; those of a grey picture are equal.
Picture colour(const Picture& picture);

/// Another size, by a triangle filter along each axis. Output pixel i lies at c = (i + 1/2) s - 1/2 with the scale
/// s = (pixels in)/(pixels out). Its value is the mean of the pixels j with weights max(0, 1 - |j - c|/max(s, 1)) that
/// are normalised to the sum 1. So pictures are averaged where they shrink, which leaves no aliases, and interpolated
/// linearly where they grow. This is the filter that Pillow calls BILINEAR, without its rounding to bytes.
Picture resize(const Picture& picture, std::int64_t h, std::int64_t w);

} // namespace stint
