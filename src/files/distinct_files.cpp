#include "src/files/distinct_files.hpp"

#include "src/files/atomic_file.hpp"
#include "src/program/errors.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <sys/stat.h>
#include <vector>

namespace stint {
namespace {

namespace fs = std::filesystem;

/// What makes a file the same as another one.
struct Identity {
  bool exists = false;
  dev_t device = 0;
  ino_t number = 0;
  fs::path path; ///< absolute, without links

  bool operator==(const Identity& other) const {
    return exists && other.exists ? device == other.device && number == other.number : path == other.path;
  }
};

Identity identity_of(const std::string& path) {
  Identity identity;
  struct stat status = {};
  identity.exists = ::stat(path.c_str(), &status) == 0;
  identity.device = status.st_dev;
  identity.number = status.st_ino;
  std::error_code ignored;
  identity.path = fs::weakly_canonical(fs::absolute(link_target(path), ignored), ignored);
  return identity;
}

/// FILE of FILE:/NAME, a dataset in it; else the path.
std::string file_of(const std::string& path) {
  const auto colon = path.find(":/");
  return colon != std::string::npos && !fs::exists(path) ? path.substr(0, colon) : path;
}

/// Whether `output` is one of the files in the folder `input`.
bool in_folder(const Identity& input, const Identity& output) {
  const auto ending = output.path.extension();
  if (!output.exists || !fs::is_directory(input.path) || ending == ".h5" || ending == ".hdf5")
    return false;
  const auto relative = output.path.lexically_relative(input.path);
  return !relative.empty() && *relative.begin() != "..";
}

} // namespace

void check_distinct(std::span<const NamedFile> inputs, std::span<const NamedFile> outputs) {
  std::vector<Identity> read, written;
  for (const auto& input : inputs)
    read.push_back(identity_of(file_of(input.path)));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto output = identity_of(outputs[i].path);
    const auto refuse = [&](const NamedFile& other) {
      throw UsageError(fmt::format("{} is the same file as {}; give it another name", outputs[i].shown, other.shown));
    };
    if (outputs[i].path != "-") {
      for (std::size_t j = 0; j < read.size(); ++j)
        if (read[j].exists && (read[j] == output || in_folder(read[j], output)))
          refuse(inputs[j]);
      for (std::size_t j = 0; j < i; ++j)
        if (outputs[j].path != "-" && written[j] == output)
          refuse(outputs[j]);
    }
    written.push_back(output);
  }
}

} // namespace stint
