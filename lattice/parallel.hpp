#pragma once
// Loops on OpenMP's threads whose errors arrive: an exception that leaves such a loop by itself ends the program.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <omp.h>
#include <utility>

namespace stint {

/// Carries an exception out of a parallel region: of several that of the lowest iteration, whatever the number of
/// threads.
class FirstError {
public:
  /// Calls work() and keeps what it throws. Passes over iterations after one that has thrown.
  template<class Work> void guard(std::int64_t iteration, Work&& work) noexcept {
    if (iteration > first_)
      return;
    try {
      std::forward<Work>(work)();
    } catch (...) {
      note(iteration);
    }
  }

  /// To be called where something is caught: keeps it.
  void note(std::int64_t iteration) noexcept {
    const std::lock_guard lock(mutex_);
    if (iteration <= first_) {
      error_ = std::current_exception();
      first_ = iteration;
    }
  }

  bool any() const { return first_ != none; }

  /// After the region. Throws what was kept, if anything was.
  void rethrow() const {
    if (error_)
      std::rethrow_exception(error_);
  }

private:
  static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
  std::mutex mutex_;
  std::atomic<std::int64_t> first_ = none;
  std::exception_ptr error_;
};

/// How many of OpenMP's threads are worth their while for so many nanoseconds of work on one core, a rough guess: each
/// is to have some 20 us, in which it is woken and waited for. At least one.
inline int threads_for(double nanoseconds) {
  constexpr double least = 20'000;
  return static_cast<int>(std::clamp(nanoseconds / least, 1.0, static_cast<double>(omp_get_max_threads())));
}

/// body(0), ..., body(count - 1) on at most `threads` threads, each taking the next iteration that is left. Throws what
/// the first of them to throw has thrown.
template<class Body> void parallel_for(std::int64_t count, int threads, const Body& body) {
  FirstError error;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::int64_t i = 0; i < count; ++i)
    error.guard(i, [&] { body(i); });
  error.rethrow();
}

/// The same on all threads, each taking an equal run of iterations: for many short ones.
template<class Body> void parallel_for(std::int64_t count, const Body& body) {
  FirstError error;
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < count; ++i)
    error.guard(i, [&] { body(i); });
  error.rethrow();
}

} // namespace stint
