#include "src/files/hdf5_detail.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <utility>

namespace stint::hdf5 {
namespace {

constexpr std::int64_t chunk_bytes = 256 << 10;
constexpr std::uint64_t largest_compression = 1100; // deflate reaches 1032 : 1

std::string text_of(std::span<const std::int64_t> dims) {
  std::string text = "(";
  for (const auto n : dims)
    text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + ")";
}

std::vector<hsize_t> sizes(std::span<const std::int64_t> dims) { return {dims.begin(), dims.end()}; }

bool multiply(std::uint64_t& product, std::uint64_t factor) {
  return !__builtin_mul_overflow(product, factor, &product);
}

/// As which type numbers of a file are read; nothing if they are none.
std::optional<Type> type_for(hid_t type) {
  const auto bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
  case H5T_FLOAT:
    return bytes <= 4 ? Type::float32 : Type::float64;
  case H5T_ENUM: { // truth values of h5py among them
    const Handle base(H5Tget_super(type), H5Tclose);
    return type_for(base.id());
  }
  case H5T_INTEGER: {
    const bool natural = H5Tget_sign(type) == H5T_SGN_NONE;
    if (bytes == 1)
      return natural ? Type::uint8 : Type::int8;
    return bytes + (natural ? 1 : 0) <= 4 ? Type::int32 : Type::int64;
  }
  default:
    return {};
  }
}

/// Bytes of the file that an object is in.
std::uint64_t file_size(hid_t object) {
  const Handle file(H5Iget_file_id(object), H5Fclose);
  hsize_t size = 0;
  return H5Fget_filesize(file.id(), &size) < 0 ? 0 : size;
}

} // namespace

Layout Layout::chunked(Type type, std::span<const std::int64_t> dims) {
  std::int64_t row = static_cast<std::int64_t>(size_of(type)), rows = dims.empty() ? 0 : dims[0];
  for (std::size_t i = 1; i < dims.size(); ++i)
    row *= dims[i];
  if (rows == 0 || row == 0)
    return {0, false};
  // Chunks of equal size, for the last one takes up a whole one's room.
  const std::int64_t most = std::clamp<std::int64_t>(chunk_bytes / row, 1, rows), chunks = (rows + most - 1) / most;
  return {(rows + chunks - 1) / chunks, true};
}

Dataset::Dataset(Handle handle, std::shared_ptr<FileState> state, std::string file, std::string name)
    : handle_(std::move(handle)), state_(std::move(state)), file_(std::move(file)), name_(std::move(name)) {
  const Handle type(H5Dget_type(handle_.id()), H5Tclose);
  const Handle space(H5Dget_space(handle_.id()), H5Sclose);
  stored_bytes_ = H5Tget_size(type.id());
  const auto read_as = type_for(type.id());
  if (!read_as)
    fail(file_, "dataset '" + name_ + "' has values of type " + type_text(type.id()) + ", expected numbers");
  type_ = *read_as;
  const int rank = H5Sget_simple_extent_ndims(space.id());
  if (rank < 0)
    fail(file_, "cannot read the shape of dataset '" + name_ + "'" + reason());
  std::vector<hsize_t> extents(rank);
  H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr);
  std::uint64_t total = stored_bytes_;
  bool fits = true;
  for (const auto n : extents) {
    fits = fits && n <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) && multiply(total, n);
    dims_.push_back(static_cast<std::int64_t>(n));
  }
  if (!fits || total > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    fail(file_, "dataset '" + name_ + "' claims an impossible shape " + text_of(dims_) + "; the file is damaged");
}

Dataset& Dataset::operator=(Dataset&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(state_, other.state_);
  std::swap(file_, other.file_);
  std::swap(name_, other.name_);
  std::swap(type_, other.type_);
  std::swap(dims_, other.dims_);
  return *this;
}

Dataset::~Dataset() {
  if (!handle_)
    return;
  if (state_->writing && !state_->broken)
    state_->broken = H5Dflush(handle_.id()) < 0;
  if (state_->broken)
    handle_.abandon();
}

std::int64_t Dataset::row_size() const {
  std::int64_t size = 1;
  for (std::size_t i = 1; i < dims_.size(); ++i)
    size *= dims_[i];
  return size;
}

void Dataset::check_storage() const {
  const std::uint64_t held = file_size(handle_.id());
  const Handle creation(H5Dget_create_plist(handle_.id()), H5Pclose);
  if (H5Pget_layout(creation.id()) == H5D_VIRTUAL)
    return check_sources(creation.id());
  if (H5Pget_external_count(creation.id()) > 0)
    return; // the numbers are in other files
  std::uint64_t packing = 1;
  if (H5Pget_layout(creation.id()) == H5D_CHUNKED) {
    for (int i = 0; i < H5Pget_nfilters(creation.id()); ++i) {
      unsigned flags = 0, config = 0;
      std::size_t values = 0;
      const auto filter =
          H5Pget_filter2(creation.id(), static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr, &config);
      if (filter != H5Z_FILTER_FLETCHER32 && filter != H5Z_FILTER_SHUFFLE)
        packing = largest_compression;
    }
    std::vector<hsize_t> chunk(dims_.size());
    H5Pget_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data());
    std::uint64_t bytes = stored_bytes_;
    bool fits = true;
    for (const auto n : chunk)
      fits = fits && multiply(bytes, n);
    if (!fits || bytes / packing > held)
      fail(file_, "dataset '" + name_ + "' claims impossible chunks; the file is damaged");
  }
  std::uint64_t promised = stored_bytes_;
  for (const auto n : dims_)
    promised *= static_cast<std::uint64_t>(n);
  const std::uint64_t storage = std::min<std::uint64_t>(H5Dget_storage_size(handle_.id()), held);
  if (promised / packing > storage)
    fail(file_, "dataset '" + name_ + "' of shape " + text_of(dims_) + " should have " + std::to_string(promised) +
                    " bytes but the file holds " + std::to_string(storage) +
                    " of it; the file is damaged or incomplete");
}

void Dataset::check_sources(std::int64_t creation) const {
  namespace fs = std::filesystem;
  std::size_t count = 0;
  H5Pget_virtual_count(creation, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto size = H5Pget_virtual_filename(creation, i, nullptr, 0);
    std::string source(std::max<decltype(size)>(size, 0), '\0');
    if (size < 0 || H5Pget_virtual_filename(creation, i, source.data(), source.size() + 1) < 0)
      fail(file_, "cannot read where the numbers of dataset '" + name_ + "' are" + reason());
    const bool here = source == ".", pattern = source.find('%') != std::string::npos;
    if (!here && !pattern && !fs::exists(source) && !fs::exists(fs::path(file_).parent_path() / source))
      fail(file_, "dataset '" + name_ + "' is made of other files, of which '" + source + "' is missing");
  }
}

void Dataset::transfer(std::int64_t first, std::size_t size, Type memory, void* out, const void* in) const {
  const auto row = row_size();
  if (size == 0)
    return;
  if (row == 0 || size % static_cast<std::size_t>(row) != 0)
    throw std::logic_error("hdf5: " + std::to_string(size) + " numbers are no whole rows of '" + name_ + "'");
  const auto n = static_cast<std::int64_t>(size) / row;
  if (first < 0 || n > rows() - first)
    fail(file_, "dataset '" + name_ + "' has rows 0 to " + std::to_string(rows()) + ", asked for " +
                    std::to_string(first) + " to " + std::to_string(first + n));
  const Handle file_space(H5Dget_space(handle_.id()), H5Sclose);
  auto extent = sizes(dims_);
  if (!extent.empty()) {
    std::vector<hsize_t> start(dims_.size(), 0);
    start[0] = static_cast<hsize_t>(first);
    extent[0] = static_cast<hsize_t>(n);
    H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr);
  }
  // The shape of the selection in the file: with another one HDF5 goes through the numbers one by one.
  const Handle memory_space(extent.empty() ? H5Screate(H5S_SCALAR)
                                           : H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                            H5Sclose);
  if (in) {
    // HDF5 turns no integers into truth values: int8 are written as they are.
    const Handle stored(H5Dget_type(handle_.id()), H5Tclose);
    const bool truth_values = memory == Type::int8 && H5Tget_class(stored.id()) == H5T_ENUM;
    if (H5Dwrite(handle_.id(), truth_values ? stored.id() : memory_type(memory), memory_space.id(), file_space.id(),
                 H5P_DEFAULT, in) < 0) {
      const std::string why = reason();
      state_->broken = true;
      fail(file_, "dataset '" + name_ + "' cannot be written" + why);
    }
  } else if (H5Dread(handle_.id(), memory_type(memory), memory_space.id(), file_space.id(), H5P_DEFAULT, out) < 0) {
    fail(file_, "cannot read rows " + std::to_string(first) + " to " + std::to_string(first + n) + " of dataset '" +
                    name_ + "'; the file is damaged" + reason());
  }
}

template<class T> void Dataset::read_rows(std::int64_t first, std::span<T> out) const {
  constexpr Type memory = type_of<T>;
  const bool integers = !is_floating(type_) && !is_floating(memory);
  const bool widens =
      (memory != Type::uint8 || type_ == Type::uint8) && (type_ == memory || size_of(type_) < size_of(memory));
  if ((is_floating(type_) && !is_floating(memory)) || (integers && !widens))
    fail(file_, "dataset '" + name_ + "' has numbers of type " + name_of(type_) + ", expected " + name_of(memory));
  check_storage();
  transfer(first, out.size(), memory, out.data(), nullptr);
}

template<class T> std::vector<T> Dataset::read() const {
  check_storage();
  std::vector<T> values(static_cast<std::size_t>(rows() * row_size()));
  read_rows<T>(0, values);
  return values;
}

template<class T> void Dataset::write_rows(std::int64_t first, std::span<const T> in) {
  transfer(first, in.size(), type_of<T>, nullptr, in.data());
}

template<class T> void Dataset::append_rows(std::span<const T> in) {
  const auto first = rows();
  auto extents = sizes(dims_);
  extents.at(0) += in.size() / static_cast<std::size_t>(row_size());
  if (H5Dset_extent(handle_.id(), extents.data()) < 0) {
    const std::string why = reason();
    state_->broken = true;
    fail(file_, "dataset '" + name_ + "' cannot grow" + why);
  }
  dims_[0] = static_cast<std::int64_t>(extents[0]);
  write_rows<T>(first, in);
}

Dataset File::dataset(const std::string& name) const {
  if (!exists(name))
    fail(path_, "no dataset '" + name + "' in this file");
  Handle handle(H5Dopen2(handle_.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!handle)
    fail(path_, "cannot open '" + name + "'; expected a dataset" + reason());
  return {std::move(handle), state_, path_, name};
}

Dataset File::create_dataset(const std::string& name, Type type, const std::vector<std::int64_t>& dims, Layout layout) {
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation.id(), false);
  if (layout.rows_per_chunk > 0) {
    auto chunk = sizes(dims);
    chunk.at(0) = static_cast<hsize_t>(layout.rows_per_chunk);
    H5Pset_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data());
    if (layout.deflate > 0) {
      H5Pset_shuffle(creation.id()); // numbers of similar size then compress better
      H5Pset_deflate(creation.id(), static_cast<unsigned>(layout.deflate));
    }
    if (layout.checksum)
      H5Pset_fletcher32(creation.id());
  }
  const auto extents = sizes(dims);
  auto largest = extents;
  if (layout.growing)
    largest.at(0) = H5S_UNLIMITED;
  const Handle space(dims.empty() ? H5Screate(H5S_SCALAR)
                                  : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), largest.data()),
                     H5Sclose);
  const Handle links = parents_too();
  const Handle truth = layout.truth_values ? truth_type() : Handle();
  Handle handle(H5Dcreate2(handle_.id(), name.c_str(), layout.truth_values ? truth.id() : file_type(type), space.id(),
                           links.id(), creation.id(), H5P_DEFAULT),
                H5Dclose);
  if (!handle)
    fail(path_, "cannot create dataset '" + name + "' of shape " + text_of(dims) + reason());
  return {std::move(handle), state_, path_, name};
}

Dataset File::create_dataset(const std::string& name, Type type, const std::vector<std::int64_t>& dims) {
  return create_dataset(name, type, dims, Layout::chunked(type, dims));
}

#define STINT_INSTANTIATE(T)                                                                                           \
  template void Dataset::read_rows(std::int64_t, std::span<T>) const;                                                  \
  template std::vector<T> Dataset::read() const;                                                                       \
  template void Dataset::write_rows(std::int64_t, std::span<const T>);                                                 \
  template void Dataset::append_rows(std::span<const T>);
STINT_INSTANTIATE(std::int8_t)
STINT_INSTANTIATE(std::uint8_t)
STINT_INSTANTIATE(std::int32_t)
STINT_INSTANTIATE(std::int64_t)
STINT_INSTANTIATE(float)
STINT_INSTANTIATE(double)
#undef STINT_INSTANTIATE

} // namespace stint::hdf5
