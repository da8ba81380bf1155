#pragma once
// The commands of the program, one file each: hmc.cpp has run_hmc, and so on. A command
//   - declares its settings and their options, and calls read_options (command.hpp),
//   - checks settings and outputs before the long work begins (errors.hpp says which exception ends the program how),
//   - returns the exit status.
// main.cpp has the table of their names.

#include "src/program/command.hpp"

#include <span>
#include <string>

namespace stint {

using Arguments = std::span<const std::string>; ///< what follows the command's name

int run_hmc(const Context& context, Arguments arguments);
int run_train(const Context& context, Arguments arguments);
int run_sample(const Context& context, Arguments arguments);
int run_measure(const Context& context, Arguments arguments);
int run_compare(const Context& context, Arguments arguments);
int run_info(const Context& context, Arguments arguments);
int run_join(const Context& context, Arguments arguments);

} // namespace stint
