#include "src/maze/maze_picture.hpp"

#include "src/maze/plans_file.hpp"
#include "src/pictures/sheet.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace stint {
namespace {

constexpr Colour floor_colour = {1, 1, 1}, wall = {0.24, 0.26, 0.31}, beside_wall = {0.88, 0.89, 0.92},
                 crash = {0.86, 0.07, 0.10}, ink = {0.10, 0.10, 0.14};

constexpr double border = 0.4; // of a cell, of the walls all round

double scale_for(const Maze& maze, std::int64_t pixels) {
  const double cells = std::max(maze.rows(), maze.columns()) - 2 + 2 * border;
  return std::max(std::floor(static_cast<double>(pixels) / cells), 4.0);
}

std::int64_t pixels_of(int cells, double scale) { return std::llround(scale * (cells - 2 + 2 * border)); }

} // namespace

MazePicture::MazePicture(const Maze& maze, std::int64_t pixels)
    : maze_(maze), scale_(scale_for(maze, pixels)),
      canvas_(pixels_of(maze.columns(), scale_), pixels_of(maze.rows(), scale_), floor_colour) {
  for (const auto& [test, colour] : {std::pair{WallTest::physical, beside_wall}, {WallTest::centre, wall}}) {
    for (const auto& box : maze_.walls(test)) {
      const Spot a = at(box.low), b = at(box.high);
      canvas_.rectangle({std::min(a.x, b.x), std::min(a.y, b.y)}, {std::max(a.x, b.x), std::max(a.y, b.y)}, colour);
    }
  }
}

/// Columns to the right, rows downwards.
Spot MazePicture::at(Point point) const {
  const auto world = facts(maze_.world());
  const auto cells = [&](double along) { return (along - world.origin) / world.cell - 0.5 + border; };
  const double x = cells(point.x), y = cells(point.y);
  return world.x_along_rows ? Spot{scale_ * y, scale_ * x} : Spot{scale_ * x, scale_ * y};
}

void MazePicture::add(std::span<const Point> way) {
  std::vector<Colour> colours;
  for (std::size_t t = 1; t < way.size(); ++t)
    colours.push_back(heat(static_cast<double>(t) / static_cast<double>(way.size())));
  add(way, colours, scale_ / 14);
}

void MazePicture::add(std::span<const Point> way, const Colour& colour) {
  add(way, std::vector<Colour>(way.size(), colour), scale_ / 24);
}

void MazePicture::add(std::span<const Point> way, const std::vector<Colour>& of_segments, double wanted_width) {
  const double width = std::max(wanted_width, 1.5);
  for (std::size_t t = 1; t < way.size(); ++t)
    canvas_.line(at(way[t - 1]), at(way[t]), width + 2, floor_colour, 0.5);
  for (std::size_t t = 1; t < way.size(); ++t)
    canvas_.line(at(way[t - 1]), at(way[t]), width, of_segments[t - 1]);
  bool crossed = false;
  for (std::size_t t = 1; t < way.size(); ++t) {
    if (maze_.is_free(way[t - 1], way[t], WallTest::physical))
      continue;
    const Spot a = at(way[t - 1]), b = at(way[t]);
    canvas_.line(a, b, width, crash);
    if (!crossed)
      canvas_.cross({(a.x + b.x) / 2, (a.y + b.y) / 2}, scale_ / 7, width, crash);
    crossed = true;
  }
}

void MazePicture::add_places(std::span<const Point> places) {
  const double radius = scale_ / 7, edge = std::max(scale_ / 30, 1.5);
  for (std::size_t k = 0; k < places.size(); ++k) {
    const bool goal = k + 1 == places.size();
    const double size = k == 0 || goal ? radius : 0.7 * radius;
    canvas_.disc(at(places[k]), size, ink);
    canvas_.disc(at(places[k]), size - edge, floor_colour);
    if (goal)
      canvas_.disc(at(places[k]), size - 2 * edge, ink);
  }
}

Picture picture_of(const PlansFile& plans, DrawnPlans drawn) {
  constexpr std::size_t most_panels = 16, most_plans = 16;
  constexpr std::int64_t large = 1000, across = 4, gap = 8;
  std::map<std::int64_t, std::vector<const PlanRow*>> of_pair;
  for (const auto& row : plans.rows) {
    if (!of_pair.contains(row.pair) && of_pair.size() == most_panels)
      continue;
    if (auto& rows = of_pair[row.pair]; rows.size() < most_plans)
      rows.push_back(&row);
  }
  const auto columns = std::min<std::int64_t>(across, std::ssize(of_pair));
  std::vector<Picture> panels;
  for (const auto& [pair, rows] : of_pair) {
    MazePicture panel(plans.maze, of_pair.size() == 1 ? large : 2 * large / columns / (columns > 2 ? 1 : 2));
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const auto& way = drawn == DrawnPlans::first ? rows[k]->first : rows[k]->points;
      if (rows.size() == 1)
        panel.add(way);
      else // no red, which is for walls
        panel.add(way, hue(0.1 + 0.8 * static_cast<double>(k) / static_cast<double>(rows.size())));
    }
    panel.add_places(rows[0]->places);
    panels.push_back(panel.picture());
  }
  if (panels.size() == 1)
    return panels[0];
  return contact_sheet(panels, (std::ssize(panels) + columns - 1) / columns, columns, gap);
}

} // namespace stint
