#pragma once
// Arrays in NumPy's own format, NPY (versions 1 and 2; https://numpy.org/neps/nep-0001-npy-format.html).

#include "src/files/atomic_file.hpp"
#include "src/files/standard_file.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stint {

/// An array in C order, whatever the type of its numbers in the file.
struct NpyArray {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

bool is_npy(std::string_view bytes); ///< begins as an NPY file does

/// The array in the bytes of an NPY file: truth values, integers of 8 to 64 bits or floats of 32 or 64 bits, little
/// endian, in C order. Throws std::runtime_error, one line naming `path`, for anything else.
NpyArray parse_npy(std::string_view bytes, const std::string& path);

/// Reads an array of any size from the first row to the last; a row is all that has one first index. Accepts and
/// refuses what parse_npy() does, in a regular file.
class NpyReader {
public:
  explicit NpyReader(const std::string& path);

  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t rows() const { return shape_.empty() ? 1 : shape_[0]; }
  std::int64_t row_size() const; ///< numbers in one row
  bool bytes() const { return type_ == "|u1"; }
  bool real() const { return type_.find('f') != std::string::npos; } ///< floating-point numbers
  bool wide() const { return type_ == "<f8"; }                       ///< float64

  std::vector<double> read(std::int64_t rows); ///< the next ones
  void skip(std::int64_t rows);

private:
  std::string path_, type_; // as in the file: "<f8"
  std::vector<std::int64_t> shape_;
  std::size_t size_ = 0; // bytes of a number
  StandardFile stream_;
};

/// Writes an array of float32 or float64 of any size, some numbers after the other. The file gets its final name in
/// commit(). Throws std::runtime_error, one line naming the file, as AtomicFile does.
template<class Real> class NpyWriter {
public:
  NpyWriter(const std::string& path, bool overwrite, std::span<const std::int64_t> shape);

  void append(std::span<const Real> values);
  void commit();

private:
  void write(const void* data, std::size_t bytes);

  AtomicFile target_;
  StandardFile stream_;
};

/// Writes values (C order) as float32 or float64. Throws std::runtime_error, one line naming the file, as AtomicFile
/// does.
template<class Real>
void write_npy(const std::string& path, bool overwrite, std::span<const std::int64_t> shape,
               std::span<const Real> values);

} // namespace stint
