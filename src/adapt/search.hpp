#pragma once
// What 'stint adapt' does: a search for the levels of a path.

#include "generative/adaptation/levels.hpp"
#include "generative/sampler.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace stint {

struct SearchSettings {
  std::string objective = "error"; ///< error, action or lipschitz
  std::string over = "schedule";   ///< of action and lipschitz, see parse_groups()
  std::string start = "dynamic";   ///< of error: dynamic or even
  int steps = 7, fine = 48, evaluations = 30;
  std::int64_t samples = 32, batch = 32;
  std::uint64_t seed = 1;
};

struct Found {
  Schedule schedule;
  std::vector<double> history = {};           ///< the objective as it was minimised
  std::map<std::string, double> numbers = {}; ///< what is known of it, by the names of files
};

/// What is known of the samples first, ..., first + count - 1; undefined where nothing is (KnownTask::observed()).
using Observed = std::function<torch::Tensor(std::int64_t first, std::int64_t count)>;

/// Hears what is being done, and how much of it is done, of how much.
using Report = std::function<void(const std::string& what, std::int64_t done, std::int64_t total)>;

/// Searches a path for the sampler's drift, task and solver, on samples of it; the sampler's schedule is what the
/// result is compared with. Throws std::invalid_argument for settings that do not go together.
Found search(const Sampler& sampler, const SearchSettings& settings, const Observed& observed, const Report& report);

/// "schedule", "shells:N" or "blocks:N". Throws std::invalid_argument for another text.
LevelGroups parse_groups(const std::string& over, const Operator& reference, const Geometry& geometry);

} // namespace stint
