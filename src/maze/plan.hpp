#pragma once
// stint maze plan.

#include "generative/prior.hpp"
#include "src/program/program.hpp"

namespace stint {

int run_maze_plan(const Context& context, Arguments arguments, const Kinds& kinds);

} // namespace stint
