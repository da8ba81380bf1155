#pragma once
// The options of stint sample.

#include "generative/paths/schedule.hpp"
#include "src/program/compute.hpp"
#include "src/sample/run.hpp"
#include "src/sample/source.hpp"
#include "src/sample/task.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace stint {

class Options;

struct SampleSettings {
  SourceOptions source;
  TaskOptions task;
  SampleRunSettings run;
  std::optional<int> steps;
  std::optional<double> until;
  std::string states; ///< of --continue
  std::string frames, path;
  std::string schedule = "scales", solver = "auto", estimate = "none";
  double noise = 1;
  std::optional<double> tolerance;
  std::int64_t relax = 0;
  std::optional<double> relax_step_size;
  std::optional<int> relax_steps;
  std::string weights; ///< density or path
  std::optional<int> probes = {};
  int colours = 0;
  ComputeOptions compute;

  void declare(Options& options);
  /// Values that depend on other options: of --solver auto and --steps.
  void fill_in(const Options& options);
  /// These throw UsageError, one line, for what is out of its range or does not go together,
  void check(const Options& options) const;
  /// also for an order that is chosen on the way, which has no path beforehand,
  void check_chosen_order(const Options& options) const;
  /// and once task and source are known.
  void check(const Source& law, const KnownTask& known, const Schedule& levels) const;
};

} // namespace stint
