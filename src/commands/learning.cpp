#include "src/commands/learning.hpp"

namespace stint {

std::vector<Command> commands_of(const Kinds& kinds, ObservableRows rows) {
  std::vector<std::string> names;
  for (const auto& kind : kinds)
    names.push_back(kind.name);
  return command_table(
      [kinds](const Context& context, Arguments arguments) { return run_train(context, arguments, kinds); },
      [kinds](const Context& context, Arguments arguments) { return run_sample(context, arguments, kinds); },
      [kinds](const Context& context, Arguments arguments) { return run_restore(context, arguments, kinds); }, names,
      rows);
}

} // namespace stint
