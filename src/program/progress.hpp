#pragma once
// How far a long piece of work is, for whoever watches; and the log.

#include <chrono>
#include <cstdint>
#include <string>

namespace stint {

/// Log lines (spdlog's default logger) go to standard error. With `quiet`, and on all ranks but 0, only warnings are
/// shown.
void start_log(bool quiet, bool root);

/// On a terminal: one line, rewritten in place at most five times a second, with the share done, rate and time left.
/// Otherwise a log line now and then: after every tenth of the work, but not more often than every 2 s, nor less often
/// than every 30 s.
class Progress {
public:
  /// `total` units of work, named `unit` in the plural. Shows nothing unless `visible` (rank 0 without --quiet).
  Progress(std::string title, std::int64_t total, std::string unit, bool visible);
  ~Progress(); ///< removes the line from the terminal
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` units are done since the start; `note` is shown as it is ("acceptance 0.77").
  void update(std::int64_t done, const std::string& note = "");

private:
  using Clock = std::chrono::steady_clock;
  std::string line(std::int64_t done, const std::string& note, double seconds) const;

  std::string title_, unit_;
  std::int64_t total_, reported_ = 0;
  bool visible_, terminal_, on_screen_ = false;
  Clock::time_point start_, last_;
};

std::string duration_text(double seconds); ///< "0.4 s", "12 s", "3 min 20 s", "2 h 05 min"

} // namespace stint
