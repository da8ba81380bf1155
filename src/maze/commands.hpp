#pragma once
// The commands below stint maze, one file each: generate.cpp has run_maze_generate. To add one, write its file, declare
// it here, and add its row to maze_commands(); one that needs LibTorch is a row that commands_of() (learning.hpp)
// gives.

#include "src/program/program.hpp"

#include <vector>

namespace stint {

int run_maze_generate(const Context& context, Arguments arguments);
int run_maze_evaluate(const Context& context, Arguments arguments);

/// All of them; `learning` are those that need LibTorch.
std::vector<Command> maze_commands(std::vector<Command> learning = {});

/// stint maze: runs the one that the first argument names, or lists them.
int run_maze(const Context& context, Arguments arguments, const std::vector<Command>& commands);

} // namespace stint
