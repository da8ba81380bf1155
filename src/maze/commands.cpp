#include "src/maze/commands.hpp"

#include "src/program/errors.hpp"
#include "src/program/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace stint {
namespace {

std::string help(const std::vector<Command>& commands) {
  std::string text =
      "Usage: stint maze COMMAND [options]\n\nPaths through mazes: data, plans, and what they are worth.\n\n"
      "Commands:\n";
  for (const auto& command : commands)
    text += fmt::format("  {:<10}{}{}\n", command.name, command.summary, command.parallel ? " (MPI)" : "");
  return text +
         "\n'stint maze COMMAND --help' has the options of a command. Models of paths are learned by 'stint import "
         "--maze' and\n'stint train'.\n";
}

} // namespace

std::vector<Command> maze_commands(std::vector<Command> learning) {
  std::vector<Command> commands = {
      {"generate", "paths through a maze, by the recipes of D4RL and OGBench", false, run_maze_generate},
      {"evaluate", "what plans are worth", false, run_maze_evaluate},
  };
  commands.insert(commands.end(), learning.begin(), learning.end());
  return commands;
}

int run_maze(const Context& context, Arguments arguments, const std::vector<Command>& commands) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  if (name == "--help" || name == "-h" || name == "help") {
    if (context.mpi.root())
      std::fputs(help(commands).c_str(), stdout);
    return 0;
  }
  const auto found = std::ranges::find_if(commands, [&](const Command& command) { return command.name == name; });
  if (found != commands.end()) {
    if (!found->parallel && context.mpi.size() > 1)
      throw UsageError("runs on one rank; start it without mpirun");
    return found->run(context, arguments.subspan(1));
  }
  if (name.empty())
    throw UsageError("no command given; 'stint maze --help' lists them");
  std::vector<std::string> known;
  for (const auto& command : commands)
    known.emplace_back(command.name);
  const std::string nearest = nearest_word(name, known);
  throw UsageError(fmt::format("no command 'maze {}'; {}", name,
                               nearest.empty() ? "'stint maze --help' lists them" : "did you mean '" + nearest + "'?"));
}

} // namespace stint
