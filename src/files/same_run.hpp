#pragma once
// Whether an unfinished or finished run is the one that --resume asks for, and how a run that can be resumed begins.

#include "src/files/run_lock.hpp"
#include "src/program/command.hpp"

#include <optional>
#include <string>

namespace stint {

/// The options in force that decide the results, as lines "name=value": a run may be resumed with others of the rest.
std::string deciding_options(const std::string& effective);
/// The same of a run, with the digest of the states that it went on from as "states".
std::string deciding_options(const Provenance& provenance);

/// Throws UsageError, one line naming the first option that differs, unless `found`, the deciding options of what lies
/// at `path`, are `wanted`.
void check_same_run(const std::string& path, const std::string& found, const std::string& wanted);

/// Whether the output is there already, whole and of the run with these deciding options. Throws UsageError if it is of
/// another run, or std::runtime_error if it is no file of ours, unless --overwrite lets it be replaced.
bool is_finished(const CommonOptions& common, const std::string& deciding);

/// Where a run keeps what it has done so far.
struct UnfinishedRun {
  std::string path;  ///< as messages name it: OUTPUT.parts, OUTPUT.checkpoint
  std::string state; ///< the HDF5 file that says where it is, with the provenance; there once something is done
  std::string lock;  ///< the folder of its RunLock
};

/// What is there when a command starts.
enum class Beginning { fresh, resumed, finished };

/// Takes the lock and refuses outputs and an unfinished run that are in the way.
/// `start_time` becomes that of a run that is resumed. Throws UsageError if that was made with other options than
/// `deciding`, std::runtime_error for what is in the way. On rank 0.
Beginning begin_run(bool resume, const CommonOptions& common, const UnfinishedRun& run, const std::string& deciding,
                    std::string& start_time, std::optional<RunLock>& lock);

} // namespace stint
