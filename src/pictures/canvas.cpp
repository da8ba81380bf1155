#include "src/pictures/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stint {

Colour mixed(const Colour& a, const Colour& b, double part_of_b) {
  Colour colour{};
  for (std::size_t k = 0; k < colour.size(); ++k)
    colour[k] = a[k] + part_of_b * (b[k] - a[k]);
  return colour;
}

Colour hue(double t) {
  // A circle about grey whose plane keeps the brightness 0.30 R + 0.59 G + 0.11 B.
  const double angle = 2 * std::numbers::pi * t, u = 0.42 * std::cos(angle), v = 0.42 * std::sin(angle);
  const double middle = 0.5;
  return {std::clamp(middle + u, 0.0, 1.0), std::clamp(middle - 0.51 * u - 0.19 * v, 0.0, 1.0),
          std::clamp(middle + v, 0.0, 1.0)};
}

Colour heat(double t) {
  constexpr std::array<Colour, 4> stops{
      {{0.10, 0.10, 0.55}, {0.60, 0.12, 0.58}, {0.93, 0.42, 0.30}, {0.97, 0.80, 0.20}}};
  const double at = std::clamp(t, 0.0, 1.0) * (stops.size() - 1);
  const auto k = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  return mixed(stops[k], stops[k + 1], at - static_cast<double>(k));
}

Canvas::Canvas(std::int64_t width, std::int64_t height, const Colour& background) : picture_(height, width, 3) {
  rectangle({0, 0}, {static_cast<double>(width), static_cast<double>(height)}, background);
}

void Canvas::blend(std::int64_t row, std::int64_t column, const Colour& colour, double opacity) {
  for (std::size_t k = 0; k < colour.size(); ++k) {
    float& value = picture_.at(static_cast<std::int64_t>(k), row, column);
    value = static_cast<float>(value + opacity * (2 * colour[k] - 1 - value));
  }
}

void Canvas::rectangle(Spot low, Spot high, const Colour& colour) {
  const auto pixel = [](double at, std::int64_t most) { return std::clamp<std::int64_t>(std::llround(at), 0, most); };
  for (auto row = pixel(low.y, picture_.height); row < pixel(high.y, picture_.height); ++row) {
    for (auto column = pixel(low.x, picture_.width); column < pixel(high.x, picture_.width); ++column)
      blend(row, column, colour, 1);
  }
}

void Canvas::line(Spot a, Spot b, double width, const Colour& colour, double opacity) {
  const double reach = width / 2 + 1, dx = b.x - a.x, dy = b.y - a.y, squared = dx * dx + dy * dy;
  const auto first = [&](double p, double q) {
    return std::max<std::int64_t>(0, std::llround(std::min(p, q) - reach));
  };
  const auto last = [&](double p, double q, std::int64_t most) {
    return std::min<std::int64_t>(most, std::llround(std::max(p, q) + reach));
  };
  for (auto row = first(a.y, b.y); row < last(a.y, b.y, picture_.height); ++row) {
    for (auto column = first(a.x, b.x); column < last(a.x, b.x, picture_.width); ++column) {
      const double x = static_cast<double>(column) + 0.5 - a.x, y = static_cast<double>(row) + 0.5 - a.y;
      const double along = squared > 0 ? std::clamp((x * dx + y * dy) / squared, 0.0, 1.0) : 0;
      const double inside = width / 2 + 0.5 - std::hypot(x - along * dx, y - along * dy); // of the middle of the pixel
      if (inside > 0)
        blend(row, column, colour, opacity * std::min(inside, 1.0));
    }
  }
}

void Canvas::cross(Spot centre, double radius, double width, const Colour& colour) {
  for (const double sign : {-1.0, 1.0})
    line({centre.x - radius, centre.y - sign * radius}, {centre.x + radius, centre.y + sign * radius}, width, colour);
}

} // namespace stint
