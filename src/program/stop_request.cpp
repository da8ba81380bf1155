#include "src/program/stop_request.hpp"

#include "src/files/atomic_file.hpp"

#include <csignal>

namespace stint {
namespace {

volatile std::sig_atomic_t signalled = 0; // the only thing that a signal handler may write

} // namespace

StopRequest::StopRequest(std::optional<double> seconds) : start_(std::chrono::steady_clock::now()), seconds_(seconds) {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP})
    if (!is_ignored(signal))
      std::signal(signal, [](int which) {
        signalled = 1;
        if (which == SIGINT)
          end_on_interrupt();
      });
}

bool StopRequest::made() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  return signalled != 0 || (seconds_ && passed.count() >= *seconds_);
}

} // namespace stint
