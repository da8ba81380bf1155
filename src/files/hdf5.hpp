#pragma once
// A small layer over HDF5's C API: files, groups, attributes and datasets of numbers. The only place that uses that
// API.
//
// Serial access: one process (rank 0) writes; any number may read. Every failure is a std::runtime_error whose one line
// names the file, the object and what was expected. Sizes read from a file are checked against what the file can hold
// before anything of that size is allocated.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint::hdf5 {

/// The types of numbers that datasets may have.
enum class Type { int8, uint8, int32, int64, float32, float64 };

template<class T> struct TypeOf;
template<> struct TypeOf<std::int8_t> { static constexpr Type value = Type::int8; };
template<> struct TypeOf<std::uint8_t> { static constexpr Type value = Type::uint8; };
template<> struct TypeOf<std::int32_t> { static constexpr Type value = Type::int32; };
template<> struct TypeOf<std::int64_t> { static constexpr Type value = Type::int64; };
template<> struct TypeOf<float> { static constexpr Type value = Type::float32; };
template<> struct TypeOf<double> { static constexpr Type value = Type::float64; };
template<class T> inline constexpr Type type_of = TypeOf<T>::value;

std::size_t size_of(Type type); ///< bytes of one number
const char* name_of(Type type); ///< "float32", ...
bool is_floating(Type type);

/// The kinds of values that attributes may have: truth values are h5py's, `natural` are whole numbers that may be
/// beyond the signed ones of 64 bits, `none` has no value. Those of other kinds (compound, references, ...) are not
/// read.
enum class Kind { text, integer, natural, real, truth, none, other };

/// An HDF5 identifier that is closed with its owner.
class Handle {
public:
  using Close = int (*)(std::int64_t);
  Handle() = default;
  Handle(std::int64_t id, Close close) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept;
  Handle& operator=(Handle&& other) noexcept;
  ~Handle() { reset(); }

  std::int64_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  int reset();                 ///< closes; HDF5's status, negative if it failed
  void abandon() { id_ = -1; } ///< forgets it, open as it is

private:
  std::int64_t id_ = -1;
  Close close_ = nullptr;
};

/// What a file and its open datasets have in common. Once writing has failed (a full disk) nothing of the file is
/// closed any more: HDF5 1.10 would try to write again and crash.
struct FileState {
  bool writing = false;
  bool broken = false;
};

/// Chunks of whole rows that lie in the file as this machine has numbers in memory, so that threads can check and use
/// them without HDF5.
struct PlainChunks {
  std::int64_t rows = 0; ///< of a chunk; the last chunk of a dataset may have some that count for nothing
  std::size_t bytes = 0; ///< the numbers of a chunk
  bool checksum = false; ///< the Fletcher32 checksum, 4 bytes, follows

  std::size_t stored() const { return bytes + (checksum ? 4 : 0); } ///< bytes of a chunk in the file
  bool intact(std::span<const std::byte> chunk) const;              ///< its size and checksum are right
};

/// An open dataset: a row-major array whose first dimension counts rows. Must not outlive its File.
class Dataset {
public:
  Dataset(Dataset&&) noexcept = default;
  Dataset& operator=(Dataset&& other) noexcept;
  ~Dataset(); ///< flushes; a failure to do so is told by File::close

  const std::string& name() const { return name_; }
  /// As stored, or for types that Type does not have (uint16, float16, ...) the next larger one as which it is read.
  Type type() const { return type_; }
  const std::vector<std::int64_t>& dims() const { return dims_; } ///< empty for a scalar
  std::int64_t rows() const { return dims_.empty() ? 1 : dims_[0]; }
  std::int64_t row_size() const; ///< numbers in one row

  /// Rows [first, first + n) with n = out.size() / row_size(), converted to T. All numbers may be read as
  /// floating-point numbers of either precision, integers as integers at least as wide; other wishes are errors.
  template<class T> void read_rows(std::int64_t first, std::span<T> out) const;

  /// How this dataset's chunks are stored, if they are plain: whole rows, no filter but Fletcher32.
  std::optional<PlainChunks> plain_chunks() const;
  /// The stored() bytes of the chunk that begins with row `first`, unchecked. False if it cannot be read so: read_rows
  /// then has the rows or the reason.
  bool read_chunk(const PlainChunks& chunks, std::int64_t first, std::span<std::byte> out) const;

  /// The whole dataset, converted as above.
  template<class T> std::vector<T> read() const;

  /// Writes rows [first, first + n) with n = in.size() / row_size().
  template<class T> void write_rows(std::int64_t first, std::span<const T> in);

  /// Adds n = in.size() / row_size() rows at the end of a dataset that was created to grow.
  template<class T> void append_rows(std::span<const T> in);

private:
  friend class File;
  Dataset(Handle handle, std::shared_ptr<FileState> state, std::string file, std::string name);
  void check_storage() const;                      // throws unless the file can hold what dims() promises
  void check_sources(std::int64_t creation) const; // throws unless the files of a virtual dataset are there
  void transfer(std::int64_t first, std::size_t size, Type memory, void* out, const void* in) const;

  Handle handle_;
  std::shared_ptr<FileState> state_;
  std::string file_, name_;
  Type type_ = Type::float64;
  std::size_t stored_bytes_ = 0; // of one number
  std::vector<std::int64_t> dims_;
};

/// What a name in a file stands for.
struct Object {
  enum class Kind { group, dataset, link, other };
  Kind kind = Kind::other;
  std::string text = {};               ///< of a dataset its type, "float32"; of a link where it leads to
  std::vector<std::int64_t> dims = {}; ///< of a dataset
  std::uint64_t address = 0;           ///< the same for all names of a group or dataset
};

/// The dimension scales of a dataset's axes, one an axis.
struct Axes {
  std::string dataset;
  std::vector<std::string> scales;
};

/// How a new dataset is stored.
struct Layout {
  std::int64_t rows_per_chunk = 0; ///< 0: contiguous
  bool checksum = true;            ///< Fletcher32 on every chunk (chunked datasets only)
  bool growing = false;            ///< append_rows() may add rows (chunked datasets only)
  int deflate = 0;                 ///< level of compression by gzip, 1 to 9; 0: none (chunked datasets only)
  bool truth_values = false;       ///< of int8 that are 0 or 1: stored as h5py stores bool

  /// Chunks of whole rows near 256 KiB, at least one row each, with checksums.
  static Layout chunked(Type type, std::span<const std::int64_t> dims);
};

/// An open file. Names of objects are paths such as "/history/action"; "/" is the root group.
class File {
public:
  File(File&&) noexcept = default;
  File& operator=(File&& other) noexcept;
  ~File();

  /// Opens for reading. Throws if the file is missing, is not HDF5 or is truncated.
  static File open(const std::string& path);
  /// Creates or replaces. Errors name the file as `shown` if that is given, for files with a temporary name.
  static File create(const std::string& path, const std::string& shown = "");

  const std::string& path() const { return path_; } ///< as errors name it

  bool exists(const std::string& name) const;
  std::vector<std::string> list(const std::string& group) const; ///< names in a group, sorted
  void create_group(const std::string& name);                    ///< with its parents

  /// Never follows soft and external links.
  Object object(const std::string& name) const;

  bool has_attribute(const std::string& attribute, const std::string& object = "/") const;
  std::vector<std::string> attributes(const std::string& object = "/") const; ///< names, sorted
  Kind attribute_kind(const std::string& attribute, const std::string& object = "/") const;

  /// What an attribute is, for those that are not read: "compound".
  std::string attribute_type(const std::string& attribute, const std::string& object = "/") const;

  /// T is std::string, std::int64_t, double, or a std::vector of one of these or of std::uint64_t. Texts of fixed and
  /// variable length are read, without what pads them.
  template<class T> T attribute(const std::string& attribute, const std::string& object = "/") const;
  /// Creates or replaces an attribute; T as above, but no std::vector of texts or std::uint64_t. Texts are written as
  /// h5py reads them: UTF-8 of variable length.
  template<class T> void set_attribute(const std::string& attribute, const T& value, const std::string& object = "/");

  Dataset dataset(const std::string& name) const;
  /// A new dataset, its parent groups made where they are missing.
  Dataset create_dataset(const std::string& name, Type type, const std::vector<std::int64_t>& dims, Layout layout);
  Dataset create_dataset(const std::string& name, Type type,
                         const std::vector<std::int64_t>& dims); ///< Layout::chunked

  /// A new dataset and its contents at once.
  template<class T>
  void write(const std::string& name, const std::vector<std::int64_t>& dims, std::span<const T> values) {
    create_dataset(name, type_of<T>, dims).template write_rows<T>(0, values);
  }

  /// A new dimension scale without values: netCDF's dimension that is no variable.
  void create_dimension(const std::string& name, std::int64_t length);
  /// Names the axes of datasets by dimension scales, which are datasets of one dimension; one that create_dimension()
  /// has not made becomes a scale, its values the axis' coordinates. Once a file.
  void name_axes(const std::vector<Axes>& axes);

  /// Flushes and closes; throws if anything could not be written, now or before. A File destroyed without it closes
  /// silently.
  void close();

private:
  File(Handle handle, std::string path, bool writing);
  Handle open_object(const std::string& name) const;
  Handle open_attribute(const std::string& attribute, const std::string& object) const;

  Handle handle_;
  std::shared_ptr<FileState> state_;
  std::string path_;
};

/// Called before MPI_Init, keeps the library from closing what is open when the process ends: after a full disk
/// HDF5 1.10 would try to write again there and crash. Some files are tried out in a process of their own when they are
/// opened (hdf5_detail.hpp); a process that will call MPI_Init may not be forked after it, so with `mpi` a helper is
/// forked here, which forks those processes until this one ends.
void start(bool mpi);

/// The version of the HDF5 library, "1.10.8".
std::string library_version();

} // namespace stint::hdf5
