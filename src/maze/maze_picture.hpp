#pragma once
// Pictures of ways through a maze.

#include "mazes/way.hpp"
#include "src/pictures/canvas.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stint {

struct PlansFile;

/// A maze with ways in it. Rows and columns lie as in the layout's text. Dark: walls; lighter: where the ball's
/// observed point cannot be beside them.
class MazePicture {
public:
  /// `pixels`: of the longer side.
  MazePicture(const Maze& maze, std::int64_t pixels);

  /// From blue to yellow in time, or in one colour. Segments that meet a wall (physical test) are red, the first with a
  /// cross.
  void add(std::span<const Point> way);
  void add(std::span<const Point> way, const Colour& colour);
  /// The start is a white disc, the goal a ring, places between are smaller discs.
  void add_places(std::span<const Point> places);

  const Picture& picture() const { return canvas_.picture(); }

private:
  Spot at(Point point) const;
  void add(std::span<const Point> way, const std::vector<Colour>& of_segments, double wanted_width);

  Maze maze_;
  double scale_; // pixels a cell
  Canvas canvas_;
};

/// What a picture of plans shows.
enum class DrawnPlans { first, after };

/// One panel for each of the first 16 pairs of places, with up to 16 plans; one large panel if there is one pair. The
/// plan of a panel with one is coloured by time, several have a colour each.
Picture picture_of(const PlansFile& plans, DrawnPlans drawn);

} // namespace stint
