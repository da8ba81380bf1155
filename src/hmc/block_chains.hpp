#pragma once
// hmc --algorithm blocks: chains that a model moves.

#include "generative/prior.hpp"
#include "src/commands/commands.hpp"

namespace stint {

/// For models of these kinds.
BlockChains block_chains(const Kinds& kinds);

} // namespace stint
