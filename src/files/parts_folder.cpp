#include "src/files/parts_folder.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

namespace stint {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t format_version = 1;

bool is_ours(const std::string& name) {
  return name.starts_with("part-") || name == "state.h5" || name.find(".part") != std::string::npos;
}

} // namespace

std::string PartsFolder::part(std::int64_t number) const { return fmt::format("{}/part-{:06}.h5", path_, number); }

bool PartsFolder::has_state() const { return fs::exists(state()); }

hdf5::File PartsFolder::open_state() const { return open_unfinished(state(), state_format_); }

void PartsFolder::check_parts(std::int64_t parts) const {
  for (std::int64_t number = 1; number <= parts; ++number)
    if (!fs::exists(part(number)))
      throw std::runtime_error(part(number) + ": is missing, but state.h5 beside it counts " + std::to_string(parts) +
                               " parts; start again with --overwrite in place of --resume");
}

void PartsFolder::remove_after(std::int64_t parts) const {
  const auto last = fs::path(part(parts)).filename(); // names are in the order of numbers
  for (const auto& entry : fs::directory_iterator(path_)) {
    const auto name = entry.path().filename();
    const bool temporary = name.string().find(".part") != std::string::npos;
    if (temporary || (name.string().starts_with("part-") && name > last))
      fs::remove(entry.path());
  }
}

void PartsFolder::clear() const {
  std::error_code ignored;
  fs::remove(state(), ignored); // first: parts without a state are nothing
  for (const auto& entry : fs::directory_iterator(path_, ignored))
    if (is_ours(entry.path().filename()))
      fs::remove(entry.path(), ignored);
}

hdf5::File open_unfinished(const std::string& path, const std::string& format) {
  auto file = hdf5::File::open(path);
  check_format(file, format, format_version, "a file of an unfinished run");
  return file;
}

void write_unfinished_header(hdf5::File& file, const std::string& format, bool complete, const EnsembleHeader& header) {
  write_format(file, format, format_version, complete);
  write_header(file, header);
}

hdf5::Dataset growing_dataset(hdf5::File& file, const char* name, hdf5::Type type, std::vector<std::int64_t> dims) {
  dims[0] = std::int64_t{1} << 40; // more rows than a chunk will have
  auto layout = hdf5::Layout::chunked(type, dims);
  layout.growing = true;
  dims[0] = 0;
  return file.create_dataset(name, type, dims, layout);
}

} // namespace stint
