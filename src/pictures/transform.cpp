#include "src/pictures/transform.hpp"

#include <algorithm>
#include <cmath>

namespace stint {
namespace {

/// The pixels of which an output pixel is the weighted mean: `first` and those after it.
struct Taps {
  std::int64_t first = 0;
  std::vector<double> weights;
};

std::vector<Taps> taps(std::int64_t in, std::int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out), reach = std::max(scale, 1.0);
  std::vector<Taps> all(out);
  for (std::int64_t i = 0; i < out; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale - 0.5;
    const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(centre - reach)));
    const auto last = std::min<std::int64_t>(in - 1, static_cast<std::int64_t>(std::floor(centre + reach)));
    all[i].first = first;
    double sum = 0;
    for (std::int64_t j = first; j <= last; ++j) {
      all[i].weights.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(j) - centre) / reach));
      sum += all[i].weights.back();
    }
    for (double& weight : all[i].weights)
      weight /= sum;
  }
  return all;
}

Picture resize_rows(const Picture& picture, std::int64_t w) {
  Picture out(picture.height, w, picture.channels);
  const auto columns = taps(picture.width, w);
  for (std::int64_t line = 0; line < picture.channels * picture.height; ++line) {
    const float* in = picture.values.data() + line * picture.width;
    float* to = out.values.data() + line * w;
    for (std::int64_t x = 0; x < w; ++x) {
      double sum = 0;
      for (std::size_t k = 0; k < columns[x].weights.size(); ++k)
        sum += columns[x].weights[k] * in[columns[x].first + static_cast<std::int64_t>(k)];
      to[x] = static_cast<float>(sum);
    }
  }
  return out;
}

Picture resize_columns(const Picture& picture, std::int64_t h) {
  Picture out(h, picture.width, picture.channels);
  const auto rows = taps(picture.height, h);
  std::vector<double> sums(picture.width);
  for (std::int64_t c = 0; c < picture.channels; ++c)
    for (std::int64_t y = 0; y < h; ++y) {
      std::ranges::fill(sums, 0);
      for (std::size_t k = 0; k < rows[y].weights.size(); ++k)
        for (std::int64_t x = 0; x < picture.width; ++x)
          sums[x] += rows[y].weights[k] * picture.at(c, rows[y].first + static_cast<std::int64_t>(k), x);
      for (std::int64_t x = 0; x < picture.width; ++x)
        out.at(c, y, x) = static_cast<float>(sums[x]);
    }
  return out;
}

} // namespace

Picture centre_crop(const Picture& picture, std::int64_t h, std::int64_t w) {
  Picture out(h, w, picture.channels);
  const std::int64_t top = (picture.height - h) / 2, left = (picture.width - w) / 2;
  for (std::int64_t c = 0; c < picture.channels; ++c)
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x)
        out.at(c, y, x) = picture.at(c, top + y, left + x);
  return out;
}

Picture grey(const Picture& picture) {
  if (picture.channels == 1)
    return picture;
  Picture out(picture.height, picture.width, 1);
  const std::size_t pixels = out.values.size();
  for (std::size_t i = 0; i < pixels; ++i)
    out.values[i] = static_cast<float>(0.299 * picture.values[i] + 0.587 * picture.values[pixels + i] +
                                       0.114 * picture.values[2 * pixels + i]);
  return out;
}

Picture colour(const Picture& picture) {
  if (picture.channels == 3)
    return picture;
  Picture out(picture.height, picture.width, 3);
  for (std::int64_t c = 0; c < 3; ++c)
    std::ranges::copy(picture.values, out.values.begin() + c * std::ssize(picture.values));
  return out;
}

Picture resize(const Picture& picture, std::int64_t h, std::int64_t w) {
  return resize_columns(resize_rows(picture, w), h);
}

} // namespace stint
