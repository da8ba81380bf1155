#pragma once
// What stint sample says of a run: its table and JSON at the end, and its warnings.

#include "generative/training/law_distance.hpp"
#include "src/program/command.hpp"
#include "src/sample/relaxation.hpp"
#include "src/sample/settings.hpp"
#include "src/sample/state_file.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace stint {

/// Steps that --tolerance of multistep has chosen.
struct StepChoice {
  int steps = 0;
  std::int64_t rejected = 0;
};

/// What a run found before its samples.
struct SampleFindings {
  StepChoice choice;
  PathStop begin;                      ///< where the states of --continue are
  std::int64_t edited = 0;             ///< how many of these were changed
  std::optional<LawDistance> distance; ///< of the path from what a model was trained on
};

/// "knot 7 of 12, t = 0.583333"
std::string stop_text(const PathStop& stop);

/// The table, unless --quiet, and the JSON file.
void print(const SampleSettings& settings, const CommonOptions& common, const Source& source,
           const SampleFindings& found, const SampleReport& report);
/// Of a run that was done before. A JSON file that it left is not written again.
void print_finished(const SampleSettings& settings, CommonOptions common, const Source& source,
                    const SampleFindings& found, const SampleReport& report);

/// Operators that the model was not trained on are answered, but not well.
void warn_of_operators(const SampleSettings& settings, const LawDistance& distance);
/// HMC whose trajectories are refused leaves configurations as the flow made them.
void warn_of_relaxation(const SampleSettings& settings, const Relaxation& relax, const SampleReport& report);

} // namespace stint
