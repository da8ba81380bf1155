#pragma once
// The pictures of an NPY file.

#include "src/files/npy.hpp"
#include "src/import/picture_source.hpp"

#include <optional>
#include <string>
#include <utility>

namespace stint {

class NpySource : public PictureSource {
public:
  /// (N, H, W), (N, H, W, C) or (N, C, H, W) with C = 1 or 3. `layout` is "hwc" or "chw" where both are possible, else
  /// "auto". The numbers of `range` become -1 and 1: without it bytes have 0 and 255. Throws std::runtime_error, one
  /// line naming the file, for other shapes, and for other numbers than bytes without a range.
  NpySource(const std::string& path, const std::string& layout, std::optional<std::pair<double, double>> range);

  std::int64_t size() const override { return file_.rows(); }
  std::string name(std::int64_t number) const override;
  /// Throws std::runtime_error for a number outside the range.
  void read(std::int64_t first, std::int64_t n, const TakePicture& take) override;

private:
  Picture picture(const double* numbers, std::int64_t number) const;

  std::string path_;
  NpyReader file_;
  std::pair<double, double> range_ = {0, 255};
  bool channels_last_ = false;
  std::int64_t height_ = 0, width_ = 0, channels_ = 1, next_ = 0;
};

} // namespace stint
