#pragma once
// The commands that need LibTorch; they serve every kind of data that they are given.

#include "generative/prior.hpp"
#include "src/commands/commands.hpp"

namespace stint {

int run_train(const Context& context, Arguments arguments, const Kinds& kinds);
int run_sample(const Context& context, Arguments arguments, const Kinds& kinds);
int run_adapt(const Context& context, Arguments arguments, const Kinds& kinds);
int run_restore(const Context& context, Arguments arguments, const Kinds& kinds);

/// The program's commands, for data of these kinds; `rows` is what measure and compare show.
std::vector<Command> commands_of(const Kinds& kinds, ObservableRows rows = observables());

} // namespace stint
