#pragma once
// The last step of sampling: parts become an ensemble.

#include "src/sample/run.hpp"

#include <functional>

namespace stint {

/// Writes the samples of the first `parts` parts to common.output. With weights, log w = -S - log q beside them, and
/// log q unless they are those of paths; with Metropolis, the states of the Markov chain that proposes them in their
/// order. Fills in the rest of the report and writes it as attributes.
void write_sample_ensemble(const SampleRunSettings& settings, const CommonOptions& common, const EnsembleHeader& header,
                           const PartsFolder& folder, std::int64_t parts, const std::function<double()>& seconds,
                           SampleReport& report);

} // namespace stint
