#pragma once
// The program around its commands: a main() is a table of commands and a call of run_program().

#include "src/program/command.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace stint {

using Arguments = std::span<const std::string>; ///< what follows the command's name

using Run = std::function<int(const Context&, Arguments)>;

/// A row of the table of commands.
struct Command {
  const char* name;
  const char* summary;                 ///< for --help
  bool parallel;                       ///< runs on more than one MPI rank
  Run run;                             ///< returns the exit status
  std::vector<std::string> below = {}; ///< the commands below it, which its first argument names
};

/// Runs the command that the first argument names, on all ranks, and ends the program with its exit status. Errors are
/// one line on standard error; errors.hpp says which exception ends the program how. It is all of a main(): objects
/// with static storage are not destroyed, because those of LibTorch take 0.2 s.
[[noreturn]] void run_program(int argc, char** argv, std::span<const Command> commands);

} // namespace stint
