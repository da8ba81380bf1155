#include "src/import/npy_source.hpp"

#include "src/pictures/for_each.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace stint {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

bool channel_count(std::int64_t extent) { return extent == 1 || extent == 3; }

/// Whether a shape of four numbers has its channels at the end.
bool channels_last(const std::vector<std::int64_t>& shape, const std::string& layout, const std::string& path) {
  const bool first = channel_count(shape[1]) && layout != "hwc", last = channel_count(shape[3]) && layout != "chw";
  if (first && last)
    fail(path, fmt::format("has the shape ({}), where the channels may come first or last; --layout chw or hwc says it",
                           fmt::join(shape, ", ")));
  if (!first && !last)
    fail(path, fmt::format("has the shape ({}), expected 1 or 3 channels as (N, H, W, C) or (N, C, H, W)",
                           fmt::join(shape, ", ")));
  return last;
}

} // namespace

NpySource::NpySource(const std::string& path, const std::string& layout, std::optional<std::pair<double, double>> range)
    : path_(path), file_(path) {
  const auto& shape = file_.shape();
  if ((shape.size() != 3 && shape.size() != 4) || file_.rows() == 0 || file_.row_size() == 0)
    fail(path, fmt::format("has the shape ({}), expected images (N, H, W), (N, H, W, C) or (N, C, H, W)",
                           fmt::join(shape, ", ")));
  if (!range && !file_.bytes())
    fail(path, "has other numbers than bytes (uint8); --range A,B says which of them are black and white, as 0,1");
  range_ = range.value_or(range_);
  channels_last_ = shape.size() == 4 && channels_last(shape, layout, path);
  if (shape.size() == 4)
    channels_ = shape[channels_last_ ? 3 : 1];
  height_ = shape[shape.size() == 4 && !channels_last_ ? 2 : 1];
  width_ = shape[shape.size() == 4 && !channels_last_ ? 3 : 2];
}

std::string NpySource::name(std::int64_t number) const { return fmt::format("{} image {}", path_, number); }

Picture NpySource::picture(const double* numbers, std::int64_t number) const {
  Picture picture(height_, width_, channels_);
  const auto [low, high] = range_;
  for (std::int64_t c = 0; c < channels_; ++c)
    for (std::int64_t y = 0; y < height_; ++y)
      for (std::int64_t x = 0; x < width_; ++x) {
        const double value =
            numbers[channels_last_ ? (y * width_ + x) * channels_ + c : (c * height_ + y) * width_ + x];
        if (!(value >= low && value <= high))
          fail(name(number), fmt::format("has the value {:.6g}, outside --range {:.6g},{:.6g}", value, low, high));
        picture.at(c, y, x) = static_cast<float>(2 * (value - low) / (high - low) - 1);
      }
  return picture;
}

void NpySource::read(std::int64_t first, std::int64_t n, const TakePicture& take) {
  file_.skip(first - next_);
  const auto numbers = file_.read(n);
  next_ = first + n;
  for_each_picture(n,
                   [&](std::int64_t i) { take(first + i, picture(numbers.data() + i * file_.row_size(), first + i)); });
}

} // namespace stint
