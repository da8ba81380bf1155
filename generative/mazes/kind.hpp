#pragma once
// Paths through a maze as a kind of data.

#include "generative/prior.hpp"

namespace stint {

/// The row for the table of kinds.
Kind mazes();

} // namespace stint
