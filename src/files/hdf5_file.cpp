#include "src/files/hdf5_detail.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace stint::hdf5 {
namespace {

herr_t collect_link(hid_t, const char* name, const H5L_info_t*, void* out) {
  static_cast<std::vector<std::string>*>(out)->emplace_back(name);
  return 0;
}

/// Where a soft or external link leads to.
std::string link_text(hid_t file, const std::string& name, const H5L_info_t& link) {
  std::vector<char> value(link.u.val_size + 1, '\0');
  if (H5Lget_val(file, name.c_str(), value.data(), link.u.val_size, H5P_DEFAULT) < 0)
    return "?";
  if (link.type != H5L_TYPE_EXTERNAL)
    return value.data();
  const char *target = nullptr, *path = nullptr;
  if (H5Lunpack_elink_val(value.data(), link.u.val_size, nullptr, &target, &path) < 0)
    return "?";
  return std::string(target) + ":" + path;
}

std::uint64_t address_of(hid_t object) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t info = {};
  std::uint64_t address = 0;
  if (H5Oget_info3(object, &info, H5O_INFO_BASIC) >= 0)
    std::memcpy(&address, &info.token, sizeof address);
  return address;
#else
  H5O_info_t info = {};
  return H5Oget_info(object, &info) < 0 ? 0 : info.addr;
#endif
}

} // namespace

Handle file_access() {
  Handle list(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_libver_bounds(list.id(), H5F_LIBVER_V110, H5F_LIBVER_V110); // checksummed metadata, fast chunk index
  H5Pset_fclose_degree(list.id(), H5F_CLOSE_STRONG);                 // datasets still open do not keep the file open
  H5Pset_file_locking(list.id(), false, true); // many cluster file systems have no locks; finished files never change
  return list;
}

File::File(Handle handle, std::string path, bool writing)
    : handle_(std::move(handle)), state_(std::make_shared<FileState>()), path_(std::move(path)) {
  state_->writing = writing;
}

File& File::operator=(File&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(state_, other.state_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (handle_ && state_->writing && !state_->broken)
    state_->broken = H5Fflush(handle_.id(), H5F_SCOPE_GLOBAL) < 0;
  if (handle_ && state_->broken)
    handle_.abandon();
}

void start(bool mpi) {
  H5dont_atexit();
  H5open(); // before MPI_Init: else it would close itself in MPI_Finalize
  if (mpi)
    start_trial_helper();
}

File File::open(const std::string& path) {
  silence();
  struct stat status = {};
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe is not waited for
  const int problem = descriptor < 0 || ::fstat(descriptor, &status) < 0 ? errno : 0;
  if (descriptor >= 0)
    ::close(descriptor);
  if (problem != 0)
    fail(path, std::strerror(problem));
  if (!S_ISREG(status.st_mode))
    fail(path, "not a regular file, expected an HDF5 file");
  const htri_t recognised = H5Fis_hdf5(path.c_str());
  if (recognised <= 0)
    fail(path, status.st_size == 0 ? "an empty file, expected an HDF5 file" : "not an HDF5 file");
  try_out(path);
  const Handle access = file_access();
  Handle handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose);
  if (!handle)
    fail(path, "a damaged or truncated HDF5 file" + reason());
  return {std::move(handle), path, false};
}

File File::create(const std::string& path, const std::string& shown) {
  silence();
  const std::string& name = shown.empty() ? path : shown;
  const Handle access = file_access();
  Handle handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose);
  if (!handle)
    fail(name, "cannot be created" + reason());
  return {std::move(handle), name, true};
}

bool File::exists(const std::string& name) const {
  std::string path = name;
  while (!path.empty() && path.back() == '/')
    path.pop_back();
  for (std::size_t i = 1; i <= path.size(); ++i) // H5Lexists wants every parent to exist
    if ((i == path.size() || path[i] == '/') && H5Lexists(handle_.id(), path.substr(0, i).c_str(), H5P_DEFAULT) <= 0)
      return false;
  return true;
}

Handle File::open_object(const std::string& name) const {
  Handle object(H5Oopen(handle_.id(), name.c_str(), H5P_DEFAULT), H5Oclose);
  if (!object)
    fail(path_, "no object '" + name + "' in this file");
  return object;
}

std::vector<std::string> File::list(const std::string& group) const {
  const Handle object = open_object(group);
  std::vector<std::string> names;
  // Not in HDF5's own order of names: in damaged files 1.10 crashes while it sorts.
  if (H5Literate(object.id(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, collect_link, &names) < 0)
    fail(path_, "cannot list '" + group + "'; expected a group" + reason());
  std::sort(names.begin(), names.end());
  return names;
}

void File::create_group(const std::string& name) {
  const Handle links = parents_too();
  const Handle group(H5Gcreate2(handle_.id(), name.c_str(), links.id(), H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  if (!group)
    fail(path_, "cannot create group '" + name + "'" + reason());
}

Object File::object(const std::string& name) const {
  H5L_info_t link = {};
  const bool is_root = name.find_first_not_of('/') == std::string::npos;
  if (!is_root && H5Lget_info(handle_.id(), name.c_str(), &link, H5P_DEFAULT) >= 0 && link.type != H5L_TYPE_HARD)
    return {.kind = Object::Kind::link, .text = link_text(handle_.id(), name, link)};
  const Handle opened = open_object(name);
  Object found{.address = address_of(opened.id())};
  switch (H5Iget_type(opened.id())) {
  case H5I_GROUP:
    found.kind = Object::Kind::group;
    break;
  case H5I_DATASET: {
    found.kind = Object::Kind::dataset;
    const Handle type(H5Dget_type(opened.id()), H5Tclose);
    const Handle space(H5Dget_space(opened.id()), H5Sclose);
    found.text = type_text(type.id());
    std::vector<hsize_t> dims(std::max(0, H5Sget_simple_extent_ndims(space.id())));
    if (!dims.empty())
      H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr);
    found.dims.assign(dims.begin(), dims.end());
    break;
  }
  default:
    break;
  }
  return found;
}

void File::close() {
  std::string why;
  if (!state_->broken && H5Fflush(handle_.id(), H5F_SCOPE_GLOBAL) < 0) {
    why = reason();
    state_->broken = true;
  }
  if (state_->broken)
    fail(path_, "cannot be written to its end" + why);
  if (handle_.reset() < 0)
    fail(path_, "cannot be closed" + reason());
}

} // namespace stint::hdf5
