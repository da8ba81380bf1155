#pragma once
// Pictures as a kind of data: fields (C, H, W) of numbers from -1 to 1 with open boundaries.

#include "generative/prior.hpp"

namespace stint {

/// The row for the table of kinds.
Kind images();

} // namespace stint
