#include "src/commands/commands.hpp"
#include "src/maze/commands.hpp"

namespace stint {

std::vector<Command> command_table(LearningCommands learning, ObservableRows rows) {
  const auto with_rows = [rows](auto run) {
    return [run, rows](const Context& context, Arguments arguments) { return run(context, arguments, rows); };
  };
  const auto maze = maze_commands(std::move(learning.maze));
  std::vector<std::string> of_maze;
  for (const auto& command : maze)
    of_maze.emplace_back(command.name);
  return {
      {"hmc", "sample phi^4 by hybrid Monte Carlo", true,
       [blocks = std::move(learning.block_chains)](const Context& context, Arguments arguments) {
         return run_hmc(context, arguments, blocks);
       }},
      {"train", "learn the drift of an ensemble", true, std::move(learning.train)},
      {"sample", "new configurations from a model, also in a field", true, std::move(learning.sample)},
      {"adapt", "cheaper paths for a model, found after its training", false, std::move(learning.adapt)},
      {"restore", "damaged images, by a model of images and by methods of others", false, std::move(learning.restore)},
      {"maze", "paths through mazes: data, plans, and what they are worth", true,
       [maze](const Context& context, Arguments arguments) { return run_maze(context, arguments, maze); }, of_maze},
      {"measure", "observables of an ensemble, with errors", true, with_rows(run_measure)},
      {"compare", "do ensembles follow the same law? observables side by side, and a figure", true,
       with_rows(run_compare)},
      {"join", "several ensembles of one theory as one", false, run_join},
      {"import", "pictures, fields and paths of other programs as an ensemble", false, run_import},
      {"export", "configurations as PNG files, contact sheets and NumPy arrays", false, run_export},
      {"info", "what a file is, how it was made, and whether it is whole", false,
       [kinds = std::move(learning.kinds)](const Context& context, Arguments arguments) {
         return run_info(context, arguments, kinds);
       }},
  };
}

} // namespace stint
