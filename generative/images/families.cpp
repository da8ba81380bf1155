#include "generative/images/families.hpp"

#include "generative/images/restoration/problem.hpp"
#include "generative/operators/modes.hpp"
#include "generative/paths/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace stint {
namespace {

constexpr double least_sigma = 0.003, largest_sigma = 0.5; // of the noise of what is known

/// What the families of images draw from.
class ImageDraws {
public:
  ImageDraws(Layout layout, double log_ratio_range)
      : layout_(std::move(layout)), range_(log_ratio_range), shells_(standard(layout_, log_ratio_range)) {
    const auto phat2 = phat2_of(layout_).contiguous();
    phat2_.assign(phat2.data_ptr<double>(), phat2.data_ptr<double>() + phat2.numel());
  }

  void known(const Stream& stream, std::uint32_t first, std::span<float> levels) const;
  void modes(const Stream& stream, std::uint32_t first, std::span<float> levels) const;

private:
  static Family standard(const Layout& layout, double range) { return standard_families(layout, range).back(); }

  /// How far the way from the start is still to go: 1 in two fifths of the draws.
  double rest_of_way(double uniform) const {
    constexpr double at_start = 0.4;
    return uniform < at_start ? 1 : level_of_log_ratio(range_ * (2 * (uniform - at_start) / (1 - at_start) - 1));
  }

  static double sigma(double uniform) {
    constexpr double exact = 0.3;
    return uniform < exact ? 0 : least_sigma * std::pow(largest_sigma / least_sigma, (uniform - exact) / (1 - exact));
  }

  std::vector<bool> rectangle(const Stream& stream, std::uint32_t first) const;

  Layout layout_;
  double range_;
  Family shells_;
  std::vector<double> phat2_; // of every mode
};

/// Pixels inside of a random rectangle; uses two numbers of the stream for every direction.
std::vector<bool> ImageDraws::rectangle(const Stream& stream, std::uint32_t first) const {
  std::vector<bool> inside(static_cast<std::size_t>(layout_.volume()), true);
  std::int64_t stride = layout_.volume();
  for (const int extent : layout_.geometry.extents()) {
    stride /= extent;
    const double size = stream.uniform(first++), place = stream.uniform(first++);
    const auto length = std::min<std::int64_t>(1 + static_cast<std::int64_t>(size * extent), extent);
    const auto corner = static_cast<std::int64_t>(place * static_cast<double>(extent - length + 1));
    for (std::size_t x = 0; x < inside.size(); ++x) {
      const auto position = static_cast<std::int64_t>(x) / stride % extent;
      inside[x] = inside[x] && position >= corner && position < corner + length;
    }
  }
  return inside;
}

void ImageDraws::known(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
  const double way = rest_of_way(stream.uniform(first)), noise = sigma(stream.uniform(first + 1));
  const double shape = stream.uniform(first + 2);
  const auto open = static_cast<float>(way), closed = static_cast<float>(way * noise / (1 + noise));
  first += 3;
  if (shape < 0.5) { // random pixels
    const double fraction = stream.uniform(first++);
    for (float& level : levels)
      level = stream.uniform(first++) < fraction ? closed : open;
    return;
  }
  std::vector<bool> hole;
  if (shape < 0.65) { // a half
    const auto& extents = layout_.geometry.extents();
    const auto axis = std::min<std::size_t>(
        static_cast<std::size_t>(stream.uniform(first) * static_cast<double>(extents.size())), extents.size() - 1);
    const bool far = stream.uniform(first + 1) < 0.5;
    std::int64_t stride = 1;
    for (std::size_t mu = axis + 1; mu < extents.size(); ++mu)
      stride *= extents[mu];
    for (std::size_t x = 0; x < levels.size(); ++x) {
      const auto position = static_cast<std::int64_t>(x) / stride % extents[axis];
      hole.push_back((2 * position >= extents[axis]) == far);
    }
  } else {
    hole = rectangle(stream, first);
    if (shape >= 0.9) // its inside is what is known
      hole.flip();
  }
  for (std::size_t x = 0; x < levels.size(); ++x)
    levels[x] = hole[x] ? open : closed;
}

void ImageDraws::modes(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
  const double kind = stream.uniform(first);
  if (kind < 0.3) { // shells
    shells_.draw(stream, first + 1, levels);
    return;
  }
  const double way = rest_of_way(stream.uniform(first + 1)), noise = sigma(stream.uniform(first + 2));
  const double scale = stream.uniform(first + 3);
  if (kind < 0.7) { // blurred over up to 3 pixels, with noise
    const double width = 3 * scale, noise_there = std::max(noise, least_sigma);
    for (std::size_t k = 0; k < levels.size(); ++k) {
      const double passed = std::exp(-width * width * phat2_[k] / 2);
      levels[k] = static_cast<float>(way * noise_there / (passed + noise_there));
    }
    return;
  }
  // Known below pi / factor in every direction.
  const auto& extents = layout_.geometry.extents();
  const double factor = std::pow(static_cast<double>(extents.back()) / 2, scale);
  std::ranges::fill(levels, static_cast<float>(way * noise / (1 + noise)));
  std::int64_t stride = layout_.volume();
  for (const int extent : extents) {
    stride /= extent;
    for (std::size_t k = 0; k < levels.size(); ++k)
      if (factor * static_cast<double>(static_cast<std::int64_t>(k) / stride % extent) >= extent)
        levels[k] = static_cast<float>(way);
  }
}

} // namespace

FamilyList image_families(const Layout& layout, double log_ratio_range) {
  const auto draws = std::make_shared<const ImageDraws>(layout, log_ratio_range);
  FamilyList families = standard_families(layout, log_ratio_range);
  set_shares(families, "scalar", 1, 0.3);
  set_shares(families, "known", 0.7, 0.37).draw = [draws](const Stream& stream, std::uint32_t first,
                                                          std::span<float> levels) {
    draws->known(stream, first, levels);
  };
  set_shares(families, "sequential", 0.2, 0.1);
  set_shares(families, "independent", 0.1, 0.05);
  set_shares(families, "cosine", 1, 0.18).draw = [draws](const Stream& stream, std::uint32_t first,
                                                         std::span<float> levels) {
    draws->modes(stream, first, levels);
  };
  // Before the modes, the last of the list.
  for (const auto& row : problem_rows()) {
    const Basis basis = make_problem(row.name, {}, layout, 0, 0, 1).task.path.basis();
    families.insert(
        families.end() - 1,
        {row.name, row.name, basis,
         [layout, name = std::string(row.name)](const Stream& stream, std::uint32_t first, std::span<float> levels) {
           const auto seed = static_cast<std::uint64_t>(std::ldexp(stream.uniform(first), 53));
           const auto start = make_problem(name, {}, layout, seed, 0, 1).task.path.start();
           const auto all = start.to(torch::kFloat).expand(layout.shape(1)).select(1, 0).contiguous();
           std::copy_n(all.data_ptr<float>(), levels.size(), levels.begin());
         },
         1, 0});
  }
  return families;
}

} // namespace stint
