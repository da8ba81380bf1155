#pragma once
// What is exported: a dataset of an ensemble, or of another file with arrays of the same kind.

#include "src/files/hdf5.hpp"
#include "src/pictures/picture.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stint {

class ExportData {
public:
  /// Without `dataset` the /configurations of an ensemble, or of states on their way; with it any dataset (N, ...) of
  /// numbers in any HDF5 file, where (N, H, W) and (N, C, H, W) with C = 1 or 3 are pictures. Throws
  /// std::runtime_error, one line naming the file, if there is no such dataset or the file is not whole.
  ExportData(const std::string& path, const std::string& dataset);

  const std::string& name() const { return name_; } ///< as messages say it: "a.h5", "a.h5:/truth"
  std::int64_t channels() const { return channels_; }
  std::int64_t size() const { return data_->rows(); }
  const std::vector<std::int64_t>& shape() const { return data_->dims(); }
  bool single_precision() const;        ///< float32 has all digits of the numbers
  bool image() const { return image_; } ///< values between -1 and 1, black and white

  /// Throws std::runtime_error, one line, unless each row is a picture: a field on two dimensions, of 1 or 3 channels.
  void check_pictures() const;

  /// Rows [first, first + n), row-major.
  template<class Real> std::vector<Real> read(std::int64_t first, std::int64_t n) const;

  /// The pictures of rows [first, first + n), values as they are. check_pictures() must have passed.
  /// Throws std::runtime_error, one line, for values that are not finite.
  std::vector<Picture> pictures(std::int64_t first, std::int64_t n) const;

private:
  hdf5::File file_;
  std::string name_;
  std::optional<hdf5::Dataset> data_;
  std::int64_t channels_ = 1;
  std::vector<std::int64_t> extents_;
  bool image_ = false;
};

} // namespace stint
