#pragma once
// IDX files of bytes, plain or compressed by gzip: the format of MNIST and its relatives (Y. LeCun, C. Cortes,
// C. J. C. Burges, The MNIST database, section "File formats"). Two zero bytes, the type 8 (unsigned bytes), the number
// of dimensions, each extent as 32 bits big endian, then the numbers, the last dimension fastest.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace stint {

/// Reads an IDX file from its beginning to its end. Every failure is a std::runtime_error whose one line names the
/// file.
class IdxFile {
public:
  /// Refuses what is no IDX file of unsigned bytes with `dimensions` dimensions, and a file that cannot hold what its
  /// header promises. `what` says in messages what was expected: "images (N, H, W)".
  IdxFile(const std::string& path, std::size_t dimensions, const std::string& what);

  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t rows() const { return shape_[0]; }
  std::int64_t row_size() const; ///< bytes of one row

  void read(std::span<std::uint8_t> out); ///< the next bytes
  void skip(std::int64_t rows);
  void finish(); ///< after the last row: refuses a file that goes on, or whose checksum (of gzip) is wrong

private:
  struct Close {
    void operator()(void* stream) const;
  };
  [[noreturn]] void fail(const std::string& what) const;
  void check_size(std::int64_t start) const;

  std::string path_;
  std::unique_ptr<void, Close> stream_; // zlib's gzFile
  std::vector<std::int64_t> shape_;
};

} // namespace stint
