#include "src/export/png_folder.hpp"

#include "src/files/png_file.hpp"
#include "src/files/temporary_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace stint {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

/// A file as PngFolder names it.
bool is_ours(const fs::directory_entry& entry) {
  const std::string stem = entry.path().stem().string();
  return entry.is_regular_file() && !entry.is_symlink() && entry.path().extension() == ".png" && stem.size() >= 6 &&
         std::ranges::all_of(stem, [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  return path;
}

void check_replaceable(const std::string& path, bool overwrite) {
  std::error_code ignored;
  const auto status = fs::symlink_status(path, ignored);
  if (!fs::exists(status))
    return;
  if (!fs::is_directory(status))
    fail(path, "exists and is no folder; choose another name for --png");
  for (const auto& entry : fs::directory_iterator(path))
    if (!is_ours(entry))
      fail(path, fmt::format("is a folder that exists already and has {}; choose another one",
                             entry.path().filename().string()));
  if (!overwrite && !fs::is_empty(path))
    fail(path, "is a folder that exists already; remove it, choose another one or give --overwrite");
}

/// Everything that was written to the file system of `folder` is on the disk.
void flush(const std::string& folder, const std::string& shown) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = descriptor >= 0 && ::syncfs(descriptor) == 0;
  const int problem = errno;
  if (descriptor >= 0)
    ::close(descriptor);
  if (!done)
    fail(shown, std::string("cannot be flushed to disk: ") + std::strerror(problem));
}

} // namespace

PngFolder::PngFolder(std::string path, bool overwrite)
    : path_(without_slash(std::move(path))), temporary_(temporary_name(path_, "")) {
  check_replaceable(path_, overwrite);
  if (::mkdir(temporary_.c_str(), 0777) != 0)
    fail(path_, std::string("cannot be made as a folder: ") + std::strerror(errno));
}

PngFolder::~PngFolder() {
  std::error_code ignored;
  if (!temporary_.empty())
    fs::remove_all(temporary_, ignored);
}

void PngFolder::write(std::int64_t number, const Picture& picture) const {
  const std::string name = fmt::format("/{:06d}.png", number);
  write_png(temporary_ + name, path_ + name, picture);
}

void PngFolder::commit() {
  flush(temporary_, path_);
  std::error_code problem;
  std::vector<fs::path> replaced; // nothing but files of ours, see the constructor
  for (fs::directory_iterator entry(path_, problem), end; entry != end; entry.increment(problem))
    if (is_ours(*entry))
      replaced.push_back(entry->path());
  for (const auto& file : replaced)
    fs::remove(file, problem);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    fail(path_, std::string("cannot be given its final name: ") + std::strerror(errno));
  temporary_.clear();
  const auto parent = fs::path(path_).parent_path();
  flush(parent.empty() ? "." : parent.string(), path_);
}

void check_png_folder(const std::string& path, bool overwrite) { const PngFolder probe(path, overwrite); }

} // namespace stint
