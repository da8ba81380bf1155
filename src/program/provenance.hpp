#pragma once
// How a file came to be.

#include <cstdint>
#include <string>

namespace stint {

namespace hdf5 {
class File;
}

/// Everything needed to say where a file comes from and to make it again. Times are UTC, ISO 8601.
struct Provenance {
  std::string command_line;
  std::string options; ///< all options in force, config file and defaults included, as lines "name=value" for --config
  std::int64_t seed = 0;
  std::string program_version;
  std::string git_commit;
  std::string libraries; ///< versions of the libraries in use, "HDF5 1.10.8, ..."
  std::string host;
  std::int64_t ranks = 1;
  std::int64_t threads = 1; ///< per rank
  std::string start_time;
  std::string end_time;
  std::string states_digest = {}; ///< with --continue: of the states as they were read, which users change
};

/// The provenance of this process: all but command_line, options, seed, ranks, threads and end_time filled in.
Provenance present_provenance();

std::string utc_now(); ///< "2025-01-31T12:00:00Z"

/// As attributes of the root group, one a member.
void write_provenance(hdf5::File& file, const Provenance& provenance);
/// Members that the file says nothing of stay empty.
Provenance read_provenance(const hdf5::File& file);

std::string program_version(); ///< "0.1.0"
std::string
git_commit(); ///< "0123456789ab", with "-modified" if the checkout had changes; "unknown" outside a checkout

} // namespace stint
