#pragma once
// A folder of PNG files that is whole or absent.

#include "src/pictures/picture.hpp"

#include <cstdint>
#include <string>

namespace stint {

/// Files 000000.png, 000001.png, ... in a folder that gets its final name in commit(). Errors are std::runtime_error
/// naming the folder.
class PngFolder {
public:
  /// Makes the folder under a temporary name beside the final one. Refuses a folder that exists; with `overwrite` only
  /// one in which there is anything but such files.
  PngFolder(std::string path, bool overwrite);
  ~PngFolder(); ///< without commit() nothing is left behind
  PngFolder(const PngFolder&) = delete;
  PngFolder& operator=(const PngFolder&) = delete;

  void write(std::int64_t number, const Picture& picture) const; ///< may be called by several threads
  void commit();

private:
  std::string path_, temporary_;
};

/// Throws what the constructor of PngFolder would throw, and leaves nothing behind.
void check_png_folder(const std::string& path, bool overwrite);

} // namespace stint
