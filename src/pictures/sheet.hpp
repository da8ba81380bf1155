#pragma once
// Many pictures as one.

#include "src/pictures/picture.hpp"

#include <span>

namespace stint {

/// Each pixel as n x n pixels.
Picture magnify(const Picture& picture, std::int64_t n);

/// Pictures of one size in rows, from the left and the top, with white lines of `gap` pixels between and around them.
/// Cells without a picture are white.
Picture contact_sheet(std::span<const Picture> pictures, std::int64_t rows, std::int64_t columns, std::int64_t gap);

} // namespace stint
