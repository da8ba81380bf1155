#pragma once
// The commands of the program, one file each: hmc.cpp has run_hmc, and so on. A command
//   - declares its settings and their options, and calls read_options (command.hpp),
//   - checks settings and outputs before the long work begins (errors.hpp says which exception ends the program how),
//   - returns the exit status.
// table.cpp has their names. Those that need LibTorch are in learning.hpp.

#include "analysis/observables.hpp"
#include "mcmc/any_chains.hpp"
#include "src/hmc/settings.hpp"
#include "src/program/program.hpp"

#include <functional>
#include <string>
#include <vector>

namespace stint {

/// The chains of `hmc --algorithm blocks`, which a model moves. Throws UsageError for models and blocks that do not
/// fit.
using BlockChains = std::function<MakeChains<float>(const Mpi& mpi, const BlockOptions& options, const Phi4& theory,
                                                    const Geometry& geometry, std::uint64_t seed)>;

int run_hmc(const Context& context, Arguments arguments, const BlockChains& block_chains);
int run_measure(const Context& context, Arguments arguments, ObservableRows rows);
int run_compare(const Context& context, Arguments arguments, ObservableRows rows);
int run_join(const Context& context, Arguments arguments);
int run_info(const Context& context, Arguments arguments, const std::vector<std::string>& kinds);
int run_import(const Context& context, Arguments arguments);
int run_export(const Context& context, Arguments arguments);

/// What needs LibTorch, and the names of the kinds of data that it knows.
struct LearningCommands {
  Run train, sample, adapt, restore;
  BlockChains block_chains;
  std::vector<Command> maze = {}; ///< below maze, beside those that need none (maze/commands.hpp)
  std::vector<std::string> kinds = {};
};

/// All commands; `rows` is what measure and compare show.
std::vector<Command> command_table(LearningCommands learning, ObservableRows rows = observables());

} // namespace stint
