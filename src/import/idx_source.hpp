#pragma once
// The pictures of an IDX file.

#include "src/files/idx_file.hpp"
#include "src/import/picture_source.hpp"

namespace stint {

class IdxSource : public PictureSource {
public:
  /// With `transpose`, rows and columns change places: EMNIST stores its pictures by columns.
  IdxSource(const std::string& path, bool transpose);

  std::int64_t size() const override { return file_.rows(); }
  std::string name(std::int64_t number) const override;
  void read(std::int64_t first, std::int64_t n, const TakePicture& take) override;
  void finish() override { file_.finish(); }

private:
  std::string path_;
  IdxFile file_;
  bool transpose_;
  std::int64_t next_ = 0;
};

/// Labels [first, first + n) of an IDX file of as many labels as there are pictures.
std::vector<std::int64_t> read_labels(const std::string& path, std::int64_t pictures, std::int64_t first,
                                      std::int64_t n);

} // namespace stint
