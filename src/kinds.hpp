#pragma once
// The kinds of data that the program knows: one row each.

#include "generative/prior.hpp"

namespace stint {

Kinds all_kinds();

} // namespace stint
