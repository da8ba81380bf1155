#include "src/files/same_run.hpp"

#include "src/files/atomic_file.hpp"
#include "src/files/hdf5.hpp"
#include "src/program/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace stint {
namespace {

constexpr std::array<std::string_view, 10> harmless_options = {"output",     "json",   "overwrite",  "quiet",
                                                               "threads",    "resume", "time-limit", "checkpoint-every",
                                                               "accumulate", "memory"};

std::map<std::string, std::string> by_name(const std::string& lines) {
  std::map<std::string, std::string> values;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);)
    if (const auto equals = line.find('='); equals != std::string::npos) // not [defaults]
      values[line.substr(0, equals)] = line.substr(equals + 1);
  return values;
}

void check_run_outputs(const CommonOptions& common) {
  for (const auto& path : {common.output, common.json})
    if (!path.empty() && (path != "-" || path == common.output))
      check_output(path, common.overwrite);
}

} // namespace

std::string deciding_options(const std::string& effective) {
  std::string text;
  for (const auto& [name, value] : by_name(effective))
    if (std::ranges::find(harmless_options, name) == harmless_options.end())
      text += name + "=" + value + "\n";
  return text;
}

std::string deciding_options(const Provenance& provenance) {
  const auto& states = provenance.states_digest;
  return deciding_options(provenance.options) + (states.empty() ? "" : "states=" + states + "\n");
}

void check_same_run(const std::string& path, const std::string& found, const std::string& wanted) {
  auto before = by_name(found), now = by_name(wanted);
  for (const auto& [name, value] : now)
    before.try_emplace(name);
  for (const auto& [name, value] : before)
    if (const std::string given = now[name]; given != value && name == "states")
      throw UsageError(fmt::format("--resume: {} was made from states that were changed since; remove it, or write to "
                                   "another --output",
                                   path));
    else if (given != value)
      throw UsageError(
          fmt::format("--resume: {} was made with --{} {}, not {}; repeat the options of that run, or remove "
                      "it",
                      path, name, value.empty() ? "absent" : value, given.empty() ? "absent" : given));
}

bool is_finished(const CommonOptions& common, const std::string& deciding) {
  if (!std::filesystem::exists(common.output))
    return false;
  try {
    const auto found = read_provenance(hdf5::File::open(common.output));
    check_same_run(common.output, deciding_options(found), deciding);
    return true;
  } catch (const std::runtime_error&) {
    if (!common.overwrite)
      throw;
    return false;
  }
}

Beginning begin_run(bool resume, const CommonOptions& common, const UnfinishedRun& run, const std::string& deciding,
                    std::string& start_time, std::optional<RunLock>& lock) {
  const auto finished = [&] { return resume && is_finished(common, deciding); };
  if (!finished())
    check_run_outputs(common);
  lock.emplace(run.lock);
  if (finished()) // maybe by a run that the lock has waited for
    return Beginning::finished;
  check_run_outputs(common);
  if (!std::filesystem::exists(run.state))
    return Beginning::fresh;
  if (resume) {
    const Provenance provenance = read_provenance(hdf5::File::open(run.state));
    check_same_run(run.path, deciding_options(provenance), deciding);
    start_time = provenance.start_time;
    return Beginning::resumed;
  }
  if (!common.overwrite)
    throw std::runtime_error(run.path + ": is an unfinished run; continue it with --resume, or discard it with "
                                        "--overwrite");
  return Beginning::fresh;
}

} // namespace stint
