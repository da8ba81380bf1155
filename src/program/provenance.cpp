#include "src/program/provenance.hpp"

#include "git_commit.hpp"
#include "src/files/hdf5.hpp"

#include <boost/version.hpp>
#include <chrono>
#include <ctime>
#include <mpi.h>
#include <unistd.h>

namespace stint {
namespace {

std::string libraries() {
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(mpi, &length);
  const std::string full(mpi, static_cast<std::size_t>(length));
  return "HDF5 " + hdf5::library_version() + ", " + full.substr(0, full.find_first_of(",\n")) + ", compiler " +
         __VERSION__;
}

/// Calls visit(name, member) for every member, in the order in which files and `stint info` show them.
template<class P, class Visit> void for_each_member(P& provenance, Visit visit) {
  visit("command_line", provenance.command_line);
  visit("options", provenance.options);
  visit("seed", provenance.seed);
  visit("program_version", provenance.program_version);
  visit("git_commit", provenance.git_commit);
  visit("libraries", provenance.libraries);
  visit("host", provenance.host);
  visit("ranks", provenance.ranks);
  visit("threads", provenance.threads);
  visit("start_time", provenance.start_time);
  visit("end_time", provenance.end_time);
}

} // namespace

std::string program_version() { return STINT_VERSION; }
std::string git_commit() { return STINT_GIT_COMMIT; }

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts = {};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Provenance present_provenance() {
  Provenance provenance;
  provenance.program_version = program_version();
  provenance.git_commit = git_commit();
  provenance.libraries = libraries();
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  provenance.host = host;
  provenance.start_time = utc_now();
  return provenance;
}

void write_provenance(hdf5::File& file, const Provenance& provenance) {
  for_each_member(provenance, [&file](const char* name, const auto& value) { file.set_attribute(name, value); });
  if (!provenance.states_digest.empty())
    file.set_attribute("states_digest", provenance.states_digest);
}

Provenance read_provenance(const hdf5::File& file) {
  Provenance provenance;
  for_each_member(provenance, [&file]<class T>(const char* name, T& value) {
    if (file.has_attribute(name))
      value = file.attribute<T>(name);
  });
  if (file.has_attribute("states_digest"))
    provenance.states_digest = file.attribute<std::string>("states_digest");
  return provenance;
}

} // namespace stint
