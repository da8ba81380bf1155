#pragma once
// One run at a time writes to an output.

#include <string>

namespace stint {

/// Held by the one run that may write to an output, and what lies beside it. It is a locked folder, which is made if it
/// is not there and removed at the end if it is empty. The operating system lets go of the lock when the process ends,
/// however it ends. Where the file system has no locks there is none.
class RunLock {
public:
  /// Waits some seconds for a run that is just ending, then throws std::runtime_error, one line naming the folder. What
  /// a run that was waited for has left must be looked at afterwards.
  explicit RunLock(std::string folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

private:
  std::string folder_;
  int descriptor_ = -1;
};

} // namespace stint
