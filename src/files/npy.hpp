#pragma once
// Arrays in NumPy's own format, NPY (versions 1 and 2; https://numpy.org/neps/nep-0001-npy-format.html).

#include <cstdint>
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

/// Writes values (C order) as float32 or float64. Throws std::runtime_error, one line naming the file, as AtomicFile
/// does.
template<class Real>
void write_npy(const std::string& path, bool overwrite, std::span<const std::int64_t> shape,
               std::span<const Real> values);

} // namespace stint
