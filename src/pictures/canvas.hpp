#pragma once
// Drawing on a picture: rectangles, thick lines and discs with smooth edges.

#include "src/pictures/picture.hpp"

#include <array>
#include <cstdint>

namespace stint {

/// Red, green and blue from 0 to 1.
using Colour = std::array<double, 3>;

Colour mixed(const Colour& a, const Colour& b, double part_of_b);
/// Of the colour circle, equally bright for t = 0 ... 1.
Colour hue(double t);
/// Dark blue, violet, orange, yellow for t = 0 ... 1.
Colour heat(double t);

/// A place on a picture in pixels: pixel (row r, column c) covers [c, c + 1] x [r, r + 1].
struct Spot {
  double x, y;
};

class Canvas {
public:
  Canvas(std::int64_t width, std::int64_t height, const Colour& background);

  /// Edges are those of pixels; parts outside the picture are left out, here and below.
  void rectangle(Spot low, Spot high, const Colour& colour);
  /// With round ends; `opacity` from 0 to 1.
  void line(Spot a, Spot b, double width, const Colour& colour, double opacity = 1);
  void disc(Spot centre, double radius, const Colour& colour) { line(centre, centre, 2 * radius, colour); }
  void cross(Spot centre, double radius, double width, const Colour& colour);

  const Picture& picture() const { return picture_; }

private:
  void blend(std::int64_t row, std::int64_t column, const Colour& colour, double opacity);

  Picture picture_; // red, green, blue
};

} // namespace stint
