#include "src/files/run_lock.hpp"

#include "src/files/atomic_file.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace stint {
namespace {

enum class Attempt { taken, held_by_another, removed };

/// A run that ends removes the folder: a lock of a folder that has lost its name is worth nothing.
bool has_the_name(int descriptor, const std::string& folder) {
  struct stat open = {}, named = {};
  return ::fstat(descriptor, &open) == 0 && ::stat(folder.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

Attempt attempt(int descriptor, const std::string& folder) {
  if (descriptor < 0)
    return Attempt::removed;
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return Attempt::held_by_another;
  return has_the_name(descriptor, folder) ? Attempt::taken : Attempt::removed;
}

} // namespace

RunLock::RunLock(std::string folder) : folder_(std::move(folder)) {
  constexpr std::chrono::milliseconds patience(5000), pause(50);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    make_folder(folder_);
    descriptor_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (attempt(descriptor_, folder_) == Attempt::taken)
      return;
    if (descriptor_ >= 0)
      ::close(descriptor_);
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error(folder_ + ": another run is writing to it; let that end, or give another --output");
    std::this_thread::sleep_for(pause);
  }
}

RunLock::~RunLock() {
  ::rmdir(folder_.c_str()); // refuses folders that have something in them
  ::close(descriptor_);
}

} // namespace stint
