#include "src/files/atomic_file.hpp"

#include "src/files/temporary_name.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace stint {
namespace {

namespace fs = std::filesystem;

// A signal handler may touch only what is plain and static: names are copied to fixed slots, each guarded by a flag.
constexpr int slots = 16;
std::array<std::array<char, PATH_MAX>, slots> names;
std::array<std::atomic<int>, slots> used; // 0 free, 1 being written, 2 to be removed by a signal

int remember(const std::string& name) {
  for (int i = 0; name.size() < PATH_MAX && i < slots; ++i) {
    int free = 0;
    if (used[i].compare_exchange_strong(free, 1)) {
      std::memcpy(names[i].data(), name.c_str(), name.size() + 1);
      used[i] = 2;
      return i;
    }
  }
  return -1; // then only the destructor removes it
}

void forget(int slot) {
  if (slot >= 0)
    used[slot] = 0;
}

extern "C" void remove_temporaries(int signal) {
  for (int i = 0; i < slots; ++i)
    if (used[i] == 2)
      ::unlink(names[i].data());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

fs::path folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

/// `path` is the output as the user named it, `target` where its links lead to.
void check_target(const std::string& path, const std::string& target, bool overwrite) {
  std::error_code ignored;
  if (path.empty())
    throw std::runtime_error("the name of an output file is empty");
  if (path == "-")
    fail(path, "is standard output, where this cannot go; ./- is a file of that name");
  const auto folder = folder_of(target);
  if (!fs::is_directory(folder, ignored))
    fail(path, "the folder '" + folder.string() +
                   (fs::exists(folder, ignored) ? "' is a file" : "' does not exist; create it first"));
  const auto status = fs::status(target, ignored);
  if (!fs::exists(status))
    return;
  if (!fs::is_regular_file(status))
    fail(path, "exists and is not a regular file; choose another output (--json - is standard output)");
  if (!overwrite)
    fail(path, "exists already; remove it, choose another output or give --overwrite");
}

dev_t device_of(const fs::path& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_dev : 0;
}

void sync(const fs::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool done = descriptor >= 0 && (::fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS);
  const int problem = errno;
  if (descriptor >= 0)
    ::close(descriptor);
  if (!done)
    fail(path.string(), std::string("cannot be flushed to disk: ") + std::strerror(problem));
}

} // namespace

std::string link_target(const std::string& path) {
  constexpr int most_links = 40; // as Linux
  std::error_code problem;
  fs::path target(path);
  for (int links = 0; fs::is_symlink(target, problem); ++links) {
    if (links == most_links)
      fail(path, "is a link that leads round in a circle");
    const auto next = fs::read_symlink(target, problem);
    if (problem)
      fail(path, "is a link that cannot be read: " + problem.message());
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  return target.string();
}

AtomicFile::AtomicFile(std::string path, bool overwrite, const std::string& temporary_folder)
    : path_(std::move(path)), target_(link_target(path_)) {
  check_target(path_, target_, overwrite);
  const bool near = !temporary_folder.empty() && device_of(temporary_folder) == device_of(folder_of(target_));
  temporary_ = temporary_name(target_, near ? temporary_folder : "");
  slot_ = remember(fs::absolute(temporary_).string());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    const std::string why = std::strerror(errno);
    forget(slot_);
    fail(path_, "cannot be created: " + why);
  }
  lock_temporary(descriptor_);
  if (struct stat replaced = {}; ::stat(target_.c_str(), &replaced) == 0)
    ::fchmod(descriptor_, replaced.st_mode & 07777U);
}

AtomicFile::~AtomicFile() {
  ::close(descriptor_);
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
  forget(slot_);
}

void AtomicFile::commit() {
  sync(temporary_, O_RDONLY);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0)
    fail(path_, std::string("cannot be given its final name: ") + std::strerror(errno));
  temporary_.clear();
  sync(folder_of(target_), O_RDONLY | O_DIRECTORY);
}

void check_output(const std::string& path, bool overwrite) {
  const AtomicFile probe(path, overwrite);
  remove_stale_temporaries(link_target(path));
}

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0)
    sync(folder_of(path), O_RDONLY | O_DIRECTORY);
  else if (const int problem = errno; problem != EEXIST || !fs::is_directory(path))
    fail(path, std::string("cannot be made as a folder: ") + std::strerror(problem));
}

void write_text_file(const std::string& path, std::string_view text, bool overwrite) {
  AtomicFile file(path, overwrite);
  const int descriptor = ::open(file.temporary().c_str(), O_WRONLY | O_CLOEXEC);
  int problem = descriptor < 0 ? errno : 0;
  while (problem == 0 && !text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0)
      problem = errno;
    else
      text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (descriptor >= 0 && ::close(descriptor) != 0 && problem == 0)
    problem = errno;
  if (problem != 0)
    fail(path, std::string("cannot be written: ") + std::strerror(problem));
  file.commit();
}

bool is_ignored(int signal) {
  struct sigaction present = {};
  return ::sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
}

void remove_temporaries_on_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    if (!is_ignored(signal))
      std::signal(signal, remove_temporaries);
  std::signal(SIGXFSZ, SIG_IGN); // a file-size limit is then an error of write, as a full disk is
}

void end_on_interrupt() { std::signal(SIGINT, remove_temporaries); }

} // namespace stint
