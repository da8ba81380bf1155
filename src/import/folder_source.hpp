#pragma once
// The pictures in a folder.

#include "src/import/picture_source.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stint {

class FolderSource : public PictureSource {
public:
  /// The PNG and JPEG files of a folder, in the order of their names byte by byte. Hidden files are passed over, links
  /// are followed. With `partition`, a file of CelebA's form (partition_file.hpp), only those of its part `split`.
  /// Throws std::runtime_error, one line naming the folder or file, for a folder without pictures, for anything else in
  /// it, and for pictures that the partition file does not name, or names and are not there.
  FolderSource(const std::string& folder, const std::string& partition, const std::string& split,
               std::int64_t most_pixels);

  std::int64_t size() const override { return std::ssize(names_); }
  std::string name(std::int64_t number) const override;
  void read(std::int64_t first, std::int64_t n, const TakePicture& take) override;

private:
  std::string folder_;
  std::int64_t most_pixels_;
  std::vector<std::string> names_;
};

} // namespace stint
