#include "src/maze/plan.hpp"
#include "src/commands/learning.hpp"

namespace stint {

std::vector<Command> commands_of(const Kinds& kinds, ObservableRows rows) {
  auto table = command_table(
      [kinds](const Context& context, Arguments arguments) { return run_train(context, arguments, kinds); },
      [kinds](const Context& context, Arguments arguments) { return run_sample(context, arguments, kinds); },
      [kinds](const Context& context, Arguments arguments) { return run_restore(context, arguments, kinds); }, rows);
  table.push_back({"maze-plan", "x", false, [kinds](const Context& context, Arguments arguments) { return run_maze_plan(context, arguments, kinds); }});
  return table;
}

} // namespace stint
