#include "src/files/temporary_name.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace stint {
namespace {

namespace fs = std::filesystem;

/// "." and the name of this host
std::string host_suffix() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  ::gethostname(name.data(), name.size() - 1);
  std::string text(1, '.');
  text += name.data();
  std::ranges::replace(text, '/', '-');
  return text;
}

/// A lock of the open file, not of the process; HDF5, where a user lets it lock files, uses another kind.
bool lock(int descriptor) {
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(descriptor, F_OFD_SETLK, &whole) == 0;
}

/// The process of this host that the name says; 0 if it says none.
pid_t owner(std::string_view name, std::string_view suffix) {
  const auto end = name.rfind(".part");
  if (end == std::string_view::npos)
    return 0;
  name = name.substr(0, end);
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || !name.substr(0, dot).ends_with(suffix))
    return 0;
  pid_t process = 0;
  const char* last = name.data() + name.size();
  const auto [stop, problem] = std::from_chars(name.data() + dot + 1, last, process);
  return problem == std::errc{} && stop == last && process > 0 ? process : 0;
}

bool nobody_holds(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  const bool free = lock(descriptor);
  ::close(descriptor);
  return free;
}

} // namespace

std::string temporary_name(const std::string& output, const std::string& folder) {
  const fs::path path(output); // the extension stays last, for programs that look at it
  const fs::path parent = folder.empty() ? path.parent_path() : fs::path(folder);
  return (parent / path.stem()).string() + host_suffix() + "." + std::to_string(::getpid()) + ".part" +
         path.extension().string();
}

void lock_temporary(int descriptor) { lock(descriptor); }

void remove_stale_temporaries(const std::string& output) {
  const fs::path path(output);
  const std::string suffix = host_suffix(), beginning = path.stem().string() + ".";
  std::error_code ignored;
  const auto parent = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  for (fs::directory_iterator entry(parent, ignored), end; entry != end; entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(beginning))
      continue;
    const pid_t process = owner(name, suffix);
    if (process != 0 && ::kill(process, 0) != 0 && errno == ESRCH && nobody_holds(entry->path()))
      fs::remove(entry->path(), ignored);
  }
}

} // namespace stint
