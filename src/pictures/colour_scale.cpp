#include "src/pictures/colour_scale.hpp"

#include <algorithm>
#include <array>

namespace stint {
namespace {

using Colour = std::array<double, 3>; // red, green, blue from 0 to 1

constexpr Colour blue = {0.13, 0.29, 0.69}, white = {1, 1, 1}, red = {0.72, 0.08, 0.13};

/// For t = 0 ... 1: blue, white in the middle, red.
Colour between(double t) {
  const Colour& end = t < 0.5 ? blue : red;
  const double share = std::abs(2 * t - 1);
  Colour mixed{};
  for (int c = 0; c < 3; ++c)
    mixed[c] = white[c] + share * (end[c] - white[c]);
  return mixed;
}

} // namespace

Picture ColourScale::operator()(const Picture& field) const {
  const auto place = [this](float value) { return std::clamp((value - low) / (high - low), 0.0, 1.0); };
  Picture out(field.height, field.width, diverging ? 3 : field.channels);
  for (std::int64_t i = 0; i < std::ssize(field.values); ++i) {
    if (!diverging) {
      out.values[i] = static_cast<float>(2 * place(field.values[i]) - 1);
      continue;
    }
    const Colour colour = between(place(field.values[i]));
    for (int c = 0; c < 3; ++c)
      out.values[c * std::ssize(field.values) + i] = static_cast<float>(2 * colour[c] - 1);
  }
  return out;
}

} // namespace stint
