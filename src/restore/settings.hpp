#pragma once
// The options of stint restore.

#include "generative/images/restoration/problem.hpp"
#include "src/program/compute.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stint {

class Options;

struct RestoreSettings {
  std::string model, data;
  std::string regressor; ///< model file, or empty
  std::string problem = "box", method = "all";
  std::string keep = "modes"; ///< what superresolve knows
  ProblemOptions problems;
  std::int64_t images = 100, batch = 20, draws = 16, tune = 0;
  int steps = 20;
  bool resume = false;
  std::optional<double> time_limit; ///< seconds
  ComputeOptions compute;

  void declare(Options& options);
  /// Throws UsageError for values that make no sense and options that no chosen problem or method has. Sets
  /// problems.averages.
  void check(const Options& options);

  std::vector<std::string> problem_names() const; ///< in the order of the list
  std::vector<std::string> method_names() const;  ///< in the order of the table: mean, sample, the peers
  bool wants(const std::string& method) const;
  bool wants_others() const; ///< a peer
};

} // namespace stint
