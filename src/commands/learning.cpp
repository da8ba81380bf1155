#include "src/commands/learning.hpp"

#include "src/maze/commands.hpp"
#include "src/maze/plan.hpp"

namespace stint {

std::vector<Command> commands_of(const Kinds& kinds, ObservableRows rows) {
  return command_table(
      [kinds](const Context& context, Arguments arguments) { return run_train(context, arguments, kinds); },
      [kinds](const Context& context, Arguments arguments) { return run_sample(context, arguments, kinds); },
      [kinds](const Context& context, Arguments arguments) { return run_restore(context, arguments, kinds); },
      maze_commands({{"plan", "paths between places, from a model", false,
                      [kinds](const Context& context, Arguments arguments) {
                        return run_maze_plan(context, arguments, kinds);
                      }}}),
      rows);
}

} // namespace stint
