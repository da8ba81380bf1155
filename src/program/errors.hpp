#pragma once
// Exceptions that end the program with a status of their own. Any other std::exception, on any rank, ends all ranks
// with status 1.

#include <stdexcept>

namespace stint {

/// An option or argument that is wrong: exit status 2. Options are the same on every rank, so under MPI every rank must
/// throw it alike; only rank 0 speaks.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A failure that every rank throws alike (see on_root in command.hpp): exit status 1, said by rank 0 only.
struct CommonFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Stopped by a signal or a time limit with everything saved: exit status 75, so that a job script can requeue.
/// Every rank must throw it alike.
struct StoppedEarly : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What `make()` returns, with the std::invalid_argument by which the physics refuses a setting turned into a
/// UsageError.
template<class Make> auto checked(Make make) {
  try {
    return make();
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_stopped_early = 75;

} // namespace stint
