#pragma once
// An HMC run from its start, or its last checkpoint, to its ensemble file.

#include "mcmc/any_chains.hpp"
#include "src/hmc/parts.hpp"
#include "src/program/command.hpp"
#include "src/program/stop_request.hpp"

namespace stint {

/// Runs all chains, which `make` makes, with `resume` from the state in `folder`, to the end and writes the ensemble;
/// returns the report on rank 0. Signals and the time limit of `stop` end it with a checkpoint and StoppedEarly. A run
/// that was stopped or killed at any moment and resumed, on any number of ranks and threads, gives the ensemble of an
/// uninterrupted one; of chains that a model moves the same ranks and threads do, others change rounding. Collective.
template<class Real>
HmcReport run_chains(const Context& context, const HmcRunSettings& settings, const EnsembleHeader& header,
                     const CommonOptions& common, const PartsFolder& folder, bool resume, const StopRequest& stop,
                     const MakeChains<Real>& make);

} // namespace stint
