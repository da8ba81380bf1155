#pragma once
// What `stint measure` found in an ensemble.

#include "analysis/chains.hpp"
#include "analysis/correlators.hpp"
#include "analysis/estimate.hpp"
#include "analysis/rank_convergence.hpp"
#include "analysis/thermalisation.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stint {

struct MeasureResult {
  std::vector<std::string> files;
  Measurements measurements;
  ObservableRows rows = observables();
  std::optional<Phi4> theory = {}; ///< see theory_followed (virial.hpp); none where one of the files has none
  std::optional<Phi4> couplings = {}; ///< of the files
  bool sampled = false;               ///< from a model
  Chains chains = {};
  std::vector<NamedEstimate> estimates = {};
  std::vector<NamedConvergence> convergence = {};
  ThermalisationCut cut = {};
  std::int64_t blocks = 0; ///< of the correlators
  std::optional<Correlators> correlators = {};
  std::map<std::string, ValueError> history_tau_int = {}; ///< by observable, trajectories, from the history of the run
  std::vector<std::string> warnings = {};                 ///< see warnings.hpp

  std::int64_t configurations() const { return std::ssize(measurements.chain); }
  double largest_tau_int() const; ///< of all observables
};

/// Can an autocorrelation between the saved configurations be told from none? If not, tau_int is at most about half of
/// their spacing. True where every chain has one configuration.
bool resolved(const Estimate& estimate, const Chains& chains);

} // namespace stint
