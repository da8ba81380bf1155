#pragma once
// Archives of NumPy's arrays, NPZ: a ZIP file of NPY files, stored (numpy.savez) or compressed by deflate
// (numpy.savez_compressed). The form of ZIP is PKWARE's APPNOTE.TXT, without its extension to 4 GB and more.

#include "src/files/npy.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stint {

bool is_zip(std::string_view bytes); ///< begins as a ZIP file does

/// Every failure is a std::runtime_error whose one line names the file.
class NpzFile {
public:
  /// Reads the list of arrays.
  explicit NpzFile(const std::string& path);

  std::vector<std::string> names() const; ///< sorted
  bool has(const std::string& name) const { return entries_.contains(name); }
  /// Refuses an array that is not there, damaged (its checksum is wrong), or not what parse_npy() reads.
  NpyArray array(const std::string& name) const;

private:
  struct Entry {
    std::uint32_t method, checksum, stored, size, place;
  };
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_, bytes_;
  std::map<std::string, Entry> entries_;
};

} // namespace stint
