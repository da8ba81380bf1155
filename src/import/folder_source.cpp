#include "src/import/folder_source.hpp"

#include "src/files/jpeg_file.hpp"
#include "src/files/png_file.hpp"
#include "src/import/partition_file.hpp"
#include "src/pictures/for_each.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace stint {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

bool has_name_of_picture(const fs::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

/// Throws unless an entry of the folder is a picture by its name.
void check_entry(const fs::directory_entry& entry, const std::string& folder) {
  const std::string name = entry.path().filename().string();
  std::error_code problem;
  const auto status = entry.status(problem);
  if (fs::is_directory(status))
    fail(folder, fmt::format("has the folder {} in it; give a folder that has nothing but pictures", name));
  if (!fs::exists(status))
    fail(entry.path().string(), "is a link that leads nowhere; remove it");
  if (!fs::is_regular_file(status))
    fail(entry.path().string(), "is no regular file; remove it");
  if (!has_name_of_picture(entry.path()))
    fail(entry.path().string(), "is no picture by its name, expected .png, .jpg or .jpeg; move it elsewhere");
}

std::vector<std::string> list(const std::string& folder) {
  std::error_code problem;
  if (!fs::is_directory(folder, problem))
    fail(folder, fs::exists(folder, problem) ? "is no folder" : "no such folder");
  std::vector<std::string> names;
  fs::directory_iterator entry(folder, problem);
  for (const fs::directory_iterator end; !problem && entry != end; entry.increment(problem)) {
    if (entry->path().filename().string().starts_with('.'))
      continue;
    check_entry(*entry, folder);
    names.push_back(entry->path().filename().string());
  }
  if (problem)
    fail(folder, "cannot be listed: " + problem.message());
  if (names.empty())
    fail(folder, "has no pictures, expected .png, .jpg or .jpeg");
  std::ranges::sort(names);
  return names;
}

/// Those of the names that belong to the split.
std::vector<std::string> select(const std::vector<std::string>& names, const std::string& folder,
                                const std::string& partition, const std::string& split) {
  const auto part_of = read_partition(partition);
  std::vector<std::string> selected;
  for (const auto& name : names) {
    const auto found = part_of.find(name);
    if (found == part_of.end())
      fail(partition, fmt::format("does not name {} of the folder {}", name, folder));
    if (found->second == split)
      selected.push_back(name);
  }
  for (const auto& [name, part] : part_of)
    if (part == split && !std::ranges::binary_search(names, name))
      fail(partition, fmt::format("names {}, which is not in the folder {}", name, folder));
  if (selected.empty())
    fail(partition, fmt::format("has no pictures of --split {}", split));
  return selected;
}

/// By the first bytes: names of pictures are often wrong.
Picture read_picture(const std::string& path, std::int64_t most_pixels) {
  std::array<char, 4> beginning{};
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    fail(path, "cannot be opened");
  stream.read(beginning.data(), beginning.size());
  stream.close();
  const std::string_view bytes(beginning.data(), beginning.size());
  if (bytes.starts_with("\x89PNG"))
    return read_png(path, most_pixels);
  if (bytes.starts_with("\xff\xd8\xff"))
    return read_jpeg(path, most_pixels);
  fail(path, "is neither a PNG nor a JPEG; convert it or remove it");
}

} // namespace

FolderSource::FolderSource(const std::string& folder, const std::string& partition, const std::string& split,
                           std::int64_t most_pixels)
    : folder_(folder), most_pixels_(most_pixels), names_(list(folder)) {
  if (!partition.empty())
    names_ = select(names_, folder, partition, split);
}

std::string FolderSource::name(std::int64_t number) const { return (fs::path(folder_) / names_[number]).string(); }

void FolderSource::read(std::int64_t first, std::int64_t n, const TakePicture& take) {
  for_each_picture(n, [&](std::int64_t i) { take(first + i, read_picture(name(first + i), most_pixels_)); });
}

} // namespace stint
