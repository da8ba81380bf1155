#include "src/commands/learning.hpp"

#include "src/hmc/block_chains.hpp"
#include "src/maze/plan.hpp"

namespace stint {

std::vector<Command> commands_of(const Kinds& kinds, ObservableRows rows) {
  std::vector<std::string> names;
  for (const auto& kind : kinds)
    names.push_back(kind.name);
  const auto with_kinds = [&kinds](auto run) {
    return [run, kinds](const Context& context, Arguments arguments) { return run(context, arguments, kinds); };
  };
  return command_table({.train = with_kinds(run_train),
                        .sample = with_kinds(run_sample),
                        .adapt = with_kinds(run_adapt),
                        .restore = with_kinds(run_restore),
                        .block_chains = block_chains(kinds),
                        .maze = {{"plan", "paths between places, from a model", false, with_kinds(run_maze_plan)}},
                        .kinds = names},
                       rows);
}

} // namespace stint
