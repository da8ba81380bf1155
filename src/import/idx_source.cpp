#include "src/import/idx_source.hpp"

#include "src/pictures/for_each.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace stint {
namespace {

Picture picture_of(std::span<const std::uint8_t> bytes, std::int64_t rows, std::int64_t columns, bool transpose) {
  Picture picture(transpose ? columns : rows, transpose ? rows : columns, 1);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      picture.at(0, transpose ? c : r, transpose ? r : c) = value_of_byte(bytes[r * columns + c]);
  return picture;
}

} // namespace

IdxSource::IdxSource(const std::string& path, bool transpose)
    : path_(path), file_(path, 3, "images (N, H, W)"), transpose_(transpose) {}

std::string IdxSource::name(std::int64_t number) const { return fmt::format("{} image {}", path_, number); }

void IdxSource::read(std::int64_t first, std::int64_t n, const TakePicture& take) {
  file_.skip(first - next_);
  std::vector<std::uint8_t> bytes(n * file_.row_size());
  file_.read(bytes);
  next_ = first + n;
  for_each_picture(n, [&](std::int64_t i) {
    take(first + i, picture_of(std::span(bytes).subspan(i * file_.row_size(), file_.row_size()), file_.shape()[1],
                               file_.shape()[2], transpose_));
  });
}

std::vector<std::int64_t> read_labels(const std::string& path, std::int64_t pictures, std::int64_t first,
                                      std::int64_t n) {
  IdxFile file(path, 1, "labels (N)");
  if (file.rows() != pictures)
    throw std::runtime_error(
        fmt::format("{}: has {} labels, expected one for each of the {} images", path, file.rows(), pictures));
  std::vector<std::uint8_t> labels(pictures);
  file.read(labels);
  file.finish();
  return {labels.begin() + first, labels.begin() + first + n};
}

} // namespace stint
