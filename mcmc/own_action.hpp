#pragma once
// HMC of an action that is no row of mcmc/actions.hpp: its kernels are compiled in the file that includes this header.

#define STINT_INSTRUCTION_SET own_actions
#include "mcmc/kernels/kick_drift.hpp"
#undef STINT_INSTRUCTION_SET
#include "mcmc/lattice_action.hpp"

namespace stint {

/// The action (lattice/action.hpp says what it promises) for MarkovChains and LatticePass. Its kernels use the
/// instructions that the file is compiled for (-O3 -march=native makes them as fast as those of phi^4); all files of
/// one program that include this header have to be compiled for the same ones. Throws std::invalid_argument for
/// couplings that make no sense.
template<class Real, Action A> LatticeAction<Real> own_action(const A& action, int dimensions) {
  return {action, dimensions, own_actions::kick_drift<Real, A>};
}

} // namespace stint
