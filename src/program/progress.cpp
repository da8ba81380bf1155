#include "src/program/progress.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unistd.h>

namespace stint {
namespace {

constexpr double screen_interval = 0.2, shortest_log_interval = 2, longest_log_interval = 30; // seconds
constexpr double countable = 1e15; // seconds that a whole number can count
constexpr const char* clear_line = "\r\033[K";

} // namespace

void start_log(bool quiet, bool root) {
  auto logger = std::make_shared<spdlog::logger>("stint", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%H:%M:%S %l: %v");
  logger->set_level(quiet || !root ? spdlog::level::warn : spdlog::level::info);
  spdlog::set_default_logger(logger);
}

std::string duration_text(double seconds) {
  if (!(std::abs(seconds) < countable)) // nor NaN
    return fmt::format("{:.3g} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (seconds < 9.95)
    return fmt::format("{:.1f} s", seconds);
  if (whole < 60)
    return fmt::format("{} s", whole);
  if (whole < 3600)
    return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

Progress::Progress(std::string title, std::int64_t total, std::string unit, bool visible)
    : title_(std::move(title)), unit_(std::move(unit)), total_(std::max<std::int64_t>(total, 1)), visible_(visible),
      terminal_(::isatty(STDERR_FILENO) == 1), start_(Clock::now()), last_(start_) {}

Progress::~Progress() {
  if (on_screen_)
    std::fputs(clear_line, stderr);
}

std::string Progress::line(std::int64_t done, const std::string& note, double seconds) const {
  const double rate = static_cast<double>(done) / std::max(seconds, 1e-9);
  return fmt::format("{}: {:.0f} % of {} {}, {:.4g}/s, {} left{}{}", title_,
                     100 * static_cast<double>(done) / static_cast<double>(total_), total_, unit_, rate,
                     done > 0 ? duration_text(static_cast<double>(total_ - done) / rate) : "?",
                     note.empty() ? "" : ", ", note);
}

void Progress::update(std::int64_t done, const std::string& note) {
  if (!visible_)
    return;
  const auto now = Clock::now();
  const double since_last = std::chrono::duration<double>(now - last_).count();
  const bool tenth = done * 10 / total_ > reported_ * 10 / total_;
  const bool due = terminal_ ? since_last >= screen_interval
                             : since_last >= longest_log_interval || (tenth && since_last >= shortest_log_interval);
  if (!due)
    return;
  const std::string text = line(done, note, std::chrono::duration<double>(now - start_).count());
  if (terminal_) {
    std::fputs((clear_line + text).c_str(), stderr);
    on_screen_ = true;
  } else {
    spdlog::info(text);
  }
  last_ = now;
  reported_ = done;
}

} // namespace stint
