#pragma once
// Requests to stop early: signals and time limits.

#include <chrono>
#include <optional>

namespace stint {

/// From its construction on, SIGTERM, SIGINT, SIGHUP and SIGUSR1 no longer end the process but are remembered, and time
/// runs. Signals that are ignored when the program starts stay so.
/// A second SIGINT ends it at once; not so a second SIGTERM, because ranks may get one from the batch system and one
/// from mpirun. One object a process.
class StopRequest {
public:
  /// No limit without `seconds`.
  explicit StopRequest(std::optional<double> seconds);

  /// A signal has come or the time is up, on this rank.
  bool made() const;

private:
  std::chrono::steady_clock::time_point start_;
  std::optional<double> seconds_;
};

} // namespace stint
