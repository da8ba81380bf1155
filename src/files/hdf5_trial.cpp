#include "src/files/hdf5_detail.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <set>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace stint::hdf5 {
namespace {

constexpr rlim_t memory = rlim_t{512} << 20, seconds = 3; // of the processor: for metadata that is plenty
constexpr std::size_t largest_attribute = 16 << 20;       // bytes; larger ones are not read
constexpr int deepest = 32;                               // groups in groups

bool try_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  const Handle type(attribute ? H5Aget_type(attribute.id()) : -1, H5Tclose);
  const Handle space(attribute ? H5Aget_space(attribute.id()) : -1, H5Sclose);
  if (!type || !space)
    return false;
  const auto count = H5Sget_simple_extent_npoints(space.id());
  const auto size = H5Tget_size(type.id());
  if (count < 0 || size == 0)
    return false;
  if (static_cast<std::size_t>(count) > largest_attribute / size)
    return true;
  std::vector<char> values(static_cast<std::size_t>(count) * size);
  return values.empty() || H5Aread(attribute.id(), type.id(), values.data()) >= 0;
}

/// Its chunk index, and its first and last row.
bool try_dataset(hid_t dataset) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const Handle type(H5Dget_type(dataset), H5Tclose);
  const Handle creation(H5Dget_create_plist(dataset), H5Pclose);
  if (!space || !type || !creation)
    return false;
  H5Dget_storage_size(dataset);
  const int rank = H5Sget_simple_extent_ndims(space.id());
  std::vector<hsize_t> dims(rank > 0 ? rank : 0), start(dims.size(), 0);
  if (rank < 1 || H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr) < 0)
    return rank == 0;
  const hsize_t rows = std::exchange(dims[0], 1);
  hsize_t bytes = H5Tget_size(type.id());
  for (const hsize_t n : dims)
    if (__builtin_mul_overflow(bytes, n, &bytes) || bytes > memory / 4)
      return true; // refused later, by its size
  std::vector<char> values(bytes);
  const Handle row(H5Screate_simple(rank, dims.data(), nullptr), H5Sclose);
  for (const hsize_t number : {hsize_t{0}, rows - 1}) {
    if (rows == 0 || bytes == 0)
      break;
    start[0] = number;
    H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, dims.data(), nullptr);
    H5Dread(dataset, type.id(), row.id(), space.id(), H5P_DEFAULT, values.data()); // damaged data are found later
  }
  return true;
}

/// `seen` has the addresses of groups that were tried before: links may go round in a circle.
bool try_object(hid_t object, int depth, std::set<haddr_t>& seen) {
  std::vector<std::string> names;
  const auto note_attribute = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, note_attribute, &names) < 0)
    return false;
  for (const auto& name : names)
    if (!try_attribute(object, name.c_str()))
      return false;
  if (H5Iget_type(object) == H5I_DATASET)
    return try_dataset(object);
  if (H5Iget_type(object) != H5I_GROUP)
    return true;
  H5O_info_t group = {};
  if (H5Oget_info(object, &group) < 0)
    return false;
  if (!seen.insert(group.addr).second)
    return true;
  names.clear();
  const auto note_link = [](hid_t, const char* name, const H5L_info_t* info, void* out) -> herr_t {
    if (info->type == H5L_TYPE_HARD)
      static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  if (depth == deepest || H5Literate(object, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, note_link, &names) < 0)
    return false;
  for (const auto& name : names) {
    const Handle member(H5Oopen(object, name.c_str(), H5P_DEFAULT), H5Oclose);
    if (!member || !try_object(member.id(), depth + 1, seen))
      return false;
  }
  return true;
}

bool try_file(const char* path) {
  const Handle access = file_access();
  const Handle file(H5Fopen(path, H5F_ACC_RDONLY, access.id()), H5Fclose);
  const Handle root(file ? H5Oopen(file.id(), "/", H5P_DEFAULT) : -1, H5Oclose);
  std::set<haddr_t> seen;
  return root && try_object(root.id(), 0, seen);
}

/// HDF5 1.8 and later write superblocks of version 2 and 3, with metadata that have checksums, if they are asked to.
bool has_checksums(const std::string& path) {
  constexpr std::string_view signature = "\211HDF\r\n\032\n";
  std::ifstream file(path, std::ios::binary);
  std::string bytes(signature.size() + 1, '\0');
  for (std::streamoff place = 0; file; place = place == 0 ? 512 : 2 * place) {
    file.seekg(place);
    if (file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) && bytes.starts_with(signature))
      return bytes.back() >= 2;
  }
  return false;
}

/// Whether a file with checksums has texts of variable length among its attributes, or may have some where these cannot
/// all be seen: they lie in global heaps, which have no checksums.
bool has_variable_texts(const std::string& path) {
  const Handle access = file_access();
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose);
  const auto look_at = [](hid_t object, const char* name, const H5A_info_t*, void*) -> herr_t {
    const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
    const Handle type(attribute ? H5Aget_type(attribute.id()) : -1, H5Tclose);
    return type && (H5Tis_variable_str(type.id()) > 0 || H5Tdetect_class(type.id(), H5T_VLEN) > 0) ? 1 : 0;
  };
  const auto visit = [](hid_t object, const char* name, const H5O_info_t*, void* look) -> herr_t {
    const Handle here(H5Oopen(object, name, H5P_DEFAULT), H5Oclose);
    return here ? H5Aiterate2(here.id(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr,
                              reinterpret_cast<H5A_operator2_t>(look), nullptr)
                : 0;
  };
  const H5A_operator2_t look = look_at;
  return file &&
         H5Ovisit2(file.id(), H5_INDEX_NAME, H5_ITER_NATIVE, visit, reinterpret_cast<void*>(look), H5O_INFO_BASIC) != 0;
}

/// What the child does.
[[noreturn]] void try_and_exit(const std::string& path) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGTERM, SIGINT, SIGHUP})
    std::signal(signal, SIG_DFL); // no report of an MPI library
  std::ifstream pages("/proc/self/statm");
  rlim_t used = 0;
  pages >> used;
  used *= static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
  const rlimit space = {used + memory, used + memory}, time = {seconds, seconds}, no_core = {0, 0};
  ::setrlimit(RLIMIT_AS, &space);
  ::setrlimit(RLIMIT_CPU, &time);
  ::setrlimit(RLIMIT_CORE, &no_core);
  bool good = false;
  try {
    good = try_file(path.c_str());
  } catch (...) { // out of memory
  }
  ::_exit(good ? 0 : 1);
}

constexpr int no_process = -1;

/// The child's status as of waitpid(); no_process if there could be none.
int status_of_child(const std::string& path) {
  const pid_t child = ::fork();
  if (child < 0)
    return no_process;
  if (child == 0)
    try_and_exit(path);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// The helper's end of the conversation: a message is a path, its answer a status.
[[noreturn]] void help(int socket) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1})
    std::signal(signal, SIG_IGN); // it is the program that they are meant for
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::dup2(::open("/dev/null", O_RDWR | O_CLOEXEC), stream); // a launcher may wait until nobody has its pipes
  std::array<char, PATH_MAX> path{};
  for (ssize_t length = 0; (length = ::recv(socket, path.data(), path.size(), 0)) > 0;) {
    const int status = status_of_child({path.data(), static_cast<std::size_t>(length)});
    if (::send(socket, &status, sizeof status, MSG_NOSIGNAL) < 0)
      break;
  }
  ::_exit(0);
}

int helper = -1; // a socket; of the process, as its children are
std::mutex helper_is_busy;

/// What status_of_child() would return, from the helper.
int status_from_helper(const std::string& path) {
  const std::lock_guard lock(helper_is_busy);
  int status = no_process;
  if (::send(helper, path.data(), path.size(), MSG_NOSIGNAL) < 0)
    return no_process;
  while (::recv(helper, &status, sizeof status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

} // namespace

void start_trial_helper() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    help(ends[1]);
  }
  ::close(ends[1]);
  if (child > 0)
    helper = ends[0];
  else
    ::close(ends[0]);
}

void try_out(const std::string& path) {
  if (has_checksums(path) && !has_variable_texts(path))
    return;
  constexpr rlim_t files = 32;
  if (rlimit limit{}; ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < files)
    fail(path, "cannot be tried out with " + std::to_string(limit.rlim_cur) + " open files at most; set ulimit -n to " +
                   std::to_string(files) + " or more");
  const int status = helper < 0 ? status_of_child(path) : status_from_helper(path);
  if (status == no_process)
    fail(path, "cannot be tried out: no process can be started");
  if (WIFSIGNALED(status))
    fail(path,
         std::string("a damaged HDF5 file, on which HDF5 ") +
             (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ? "does not come to an end" : "crashes"));
  if (status != 0)
    fail(path, "a damaged HDF5 file: some of its attributes, groups or datasets cannot be opened");
}

} // namespace stint::hdf5
