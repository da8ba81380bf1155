#include "mazes/maze.hpp"

#include "mazes/layouts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <stdexcept>

namespace stint {
namespace {

constexpr auto known_names = [] {
  std::array<std::string_view, named_layouts.size()> names;
  std::ranges::transform(named_layouts, names.begin(), &NamedLayout::name);
  return names;
}();

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument("the layout of a maze " + why); }

/// The rows without what editors leave about them: a byte order mark, white space at the end of a row, empty rows
/// before the first and after the last. None of these can be a part of a maze, which has walls all round.
std::vector<std::string_view> split_rows(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  std::vector<std::string_view> rows;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of("\n\\"), text.size());
    auto row = text.substr(0, end);
    row = row.substr(0, row.find_last_not_of(" \t\r") + 1);
    if (!rows.empty() || !row.empty())
      rows.push_back(row);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!rows.empty() && rows.back().empty())
    rows.pop_back();
  return rows;
}

/// As a message shows it, also where a terminal would not.
std::string name_of(char letter) {
  constexpr const char* digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(letter);
  if (letter == '\t')
    return "a tab";
  if (byte > ' ' && byte < 0x7F)
    return std::string("the letter '") + letter + "'";
  return std::string("the byte 0x") + digits[byte / 16] + digits[byte % 16];
}

std::string place(std::size_t row, std::size_t column) {
  return "row " + std::to_string(row + 1) + ", column " + std::to_string(column + 1);
}

WallBox around(Point centre, double below, double above) {
  return {{centre.x - below, centre.y - below}, {centre.x + above, centre.y + above}};
}

WallBox hull(const WallBox& a, const WallBox& b) {
  return {{std::min(a.low.x, b.low.x), std::min(a.low.y, b.low.y)},
          {std::max(a.high.x, b.high.x), std::max(a.high.y, b.high.y)}};
}

WallBox grown(const WallBox& box, double by) {
  return {{box.low.x - by, box.low.y - by}, {box.high.x + by, box.high.y + by}};
}

/// Cuts the part [first, last] of the segment a + t (b - a) to where low <= coordinate <= high; whether some is left.
bool clip(double a, double b, double low, double high, double& first, double& last) {
  const double d = b - a;
  if (d == 0)
    return low <= a && a <= high;
  const double enters = (d > 0 ? low - a : high - a) / d, leaves = (d > 0 ? high - a : low - a) / d;
  first = std::max(first, enters);
  last = std::min(last, leaves);
  return first <= last;
}

bool meets(const WallBox& box, Point a, Point b) {
  if (std::max(a.x, b.x) < box.low.x || std::min(a.x, b.x) > box.high.x || std::max(a.y, b.y) < box.low.y ||
      std::min(a.y, b.y) > box.high.y)
    return false;
  double first = 0, last = 1;
  return clip(a.x, b.x, box.low.x, box.high.x, first, last) && clip(a.y, b.y, box.low.y, box.high.y, first, last);
}

bool finite(Point p) { return std::isfinite(p.x) && std::isfinite(p.y); }

} // namespace

std::span<const std::string_view> Maze::names() { return known_names; }

Maze Maze::named(std::string_view name) {
  const auto found = std::ranges::find(named_layouts, name, &NamedLayout::name);
  if (found != named_layouts.end())
    return from_text(found->text, found->world);
  std::string all;
  for (const auto known : known_names)
    all += (all.empty() ? "" : ", ") + std::string(known);
  throw std::invalid_argument("there is no maze '" + std::string(name) + "'; there are " + all);
}

Maze Maze::from_text(std::string_view text, MazeWorld world) {
  const auto rows = split_rows(text);
  if (rows.empty())
    refuse("is empty");
  if (rows.size() > most_cells || rows[0].size() > most_cells)
    refuse("has " + std::to_string(rows.size()) + " rows of " + std::to_string(rows[0].size()) + " cells; at most " +
           std::to_string(most_cells) + " of each are possible");
  Maze maze;
  maze.world_ = world;
  maze.rows_ = static_cast<int>(rows.size());
  maze.columns_ = static_cast<int>(rows[0].size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    // Letters first: those that have several bytes would be rows of different lengths.
    if (const auto c = rows[r].find_first_not_of("#O. G"); c != std::string_view::npos)
      refuse("has " + name_of(rows[r][c]) + " at " + place(r, c) +
             "; '#' is a wall, 'O', '.' and ' ' are free, 'G' is the goal");
    if (rows[r].size() != rows[0].size())
      refuse("has rows of different lengths: row 1 has " + std::to_string(rows[0].size()) + " cells and row " +
             std::to_string(r + 1) + " has " + std::to_string(rows[r].size()));
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      const char letter = rows[r][c];
      const Cell cell{static_cast<int>(r), static_cast<int>(c)};
      maze.free_.push_back(letter != '#');
      if (letter == '#')
        continue;
      if (r == 0 || c == 0 || r + 1 == rows.size() || c + 1 == rows[0].size())
        refuse("is open at its border: " + place(r, c) + " is free; expected '#' all round");
      if (letter == 'G' && maze.goal_)
        refuse("has a second goal 'G' at " + place(r, c) + "; at most one is possible");
      if (letter == 'G')
        maze.goal_ = cell;
      maze.free_cells_.push_back(cell);
    }
  }
  if (maze.free_cells_.empty())
    refuse("has no free cell: all " + std::to_string(rows.size() * rows[0].size()) + " cells are walls");
  maze.find_parts();
  maze.centre_ = maze.region(WallTest::centre);
  maze.physical_ = maze.region(WallTest::physical);
  return maze;
}

std::string Maze::text() const {
  std::string text;
  for (int r = 0; r < rows_; ++r) {
    if (r > 0)
      text += '\\';
    for (int c = 0; c < columns_; ++c)
      text += !is_free(Cell{r, c}) ? '#' : goal_ == Cell{r, c} ? 'G' : 'O';
  }
  return text;
}

bool Maze::is_free(Cell cell) const {
  return cell.row >= 0 && cell.row < rows_ && cell.column >= 0 && cell.column < columns_ && free_[index(cell)];
}

std::span<const std::pair<Cell, Cell>> Maze::tasks() const {
  if (world_ != MazeWorld::ogbench)
    return {};
  for (const auto& layout : named_layouts) {
    if (layout.world == world_ && layout.text == text())
      return layout.tasks;
  }
  return {};
}

std::vector<Cell> Maze::neighbours(Cell cell) const {
  const auto [row, column] = cell;
  if (world_ == MazeWorld::d4rl)
    return {{row, column - 1}, {row, column + 1}, {row - 1, column}, {row + 1, column}};
  return {{row - 1, column}, {row, column - 1}, {row + 1, column}, {row, column + 1}};
}

std::vector<int> Maze::steps_to(Cell target) const {
  if (!is_free(target))
    throw std::invalid_argument("the cell " + place(target.row, target.column) + " is no free cell of the maze");
  std::vector<int> steps(free_.size(), -1);
  std::deque<Cell> next{target};
  steps[index(target)] = 0;
  for (; !next.empty(); next.pop_front()) {
    for (const Cell cell : neighbours(next.front())) {
      if (is_free(cell) && steps[index(cell)] < 0) {
        steps[index(cell)] = steps[index(next.front())] + 1;
        next.push_back(cell);
      }
    }
  }
  return steps;
}

void Maze::find_parts() {
  part_.assign(free_.size(), -1);
  int parts = 0;
  for (const Cell seed : free_cells_) {
    if (part_[index(seed)] >= 0)
      continue;
    const auto steps = steps_to(seed);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i] >= 0)
        part_[i] = parts;
    }
    ++parts;
  }
}

bool Maze::reachable(Cell a, Cell b) const { return is_free(a) && is_free(b) && part_[index(a)] == part_[index(b)]; }

Point Maze::centre(Cell cell) const {
  const auto world = facts(world_);
  const double along_rows = world.origin + world.cell * cell.row,
               along_columns = world.origin + world.cell * cell.column;
  return world.x_along_rows ? Point{along_rows, along_columns} : Point{along_columns, along_rows};
}

Cell Maze::cell_at(Point point) const {
  const auto world = facts(world_);
  const auto nearest = [&](double coordinate, int cells) {
    return static_cast<int>(std::clamp(std::floor((coordinate - world.origin) / world.cell + 0.5), 0.0, cells - 1.0));
  };
  return world.x_along_rows ? Cell{nearest(point.x, rows_), nearest(point.y, columns_)}
                            : Cell{nearest(point.y, rows_), nearest(point.x, columns_)};
}

Cell Maze::free_cell_at(Point point) const {
  if (const Cell here = cell_at(point); is_free(here))
    return here;
  return *std::ranges::min_element(free_cells_, {}, [&](Cell cell) {
    const Point c = centre(cell);
    return std::hypot(c.x - point.x, c.y - point.y);
  });
}

Maze::Region Maze::region(WallTest test) const {
  const auto world = facts(world_);
  const bool ball = test == WallTest::physical;
  const double below = world.cell / 2 + (ball ? world.radius + world.offset : 0);
  const double above = world.cell / 2 + (ball ? world.radius - world.offset : 0);
  const auto box = [&](Cell cell) { return around(centre(cell), below, above); };
  const auto wall = [&](Cell cell) { return cell.row < rows_ && cell.column < columns_ && !free_[index(cell)]; };

  Region region;
  // Runs of walls along rows and along columns, and squares of four: adjacent walls leave no gap when slack is taken
  // off.
  const auto add_run = [&](Cell begin, int down, int right, bool alone_too) {
    Cell end = begin;
    for (Cell next{begin.row + down, begin.column + right}; wall(next); next = {next.row + down, next.column + right})
      end = next;
    if (alone_too || end != begin)
      region.walls.push_back(hull(box(begin), box(end)));
  };
  std::vector<WallBox> touching;
  for (int r = 0; r < rows_; ++r) {
    for (int c = 0; c < columns_; ++c) {
      const Cell cell{r, c}, right{r, c + 1}, under{r + 1, c}, across{r + 1, c + 1};
      if (wall(cell) && (c == 0 || !wall({r, c - 1})))
        add_run(cell, 0, 1, true);
      if (wall(cell) && (r == 0 || !wall({r - 1, c})))
        add_run(cell, 1, 0, false);
      if (across.row >= rows_ || across.column >= columns_)
        continue;
      const int walls = wall(cell) + wall(right) + wall(under) + wall(across);
      if (walls == 4)
        region.walls.push_back(hull(box(cell), box(across)));
      if (walls == 2 && wall(cell) == wall(across) && !ball) { // the ball's walls overlap there
        const Point corner = {(centre(cell).x + centre(across).x) / 2, (centre(cell).y + centre(across).y) / 2};
        touching.push_back(around(corner, 2 * slack(), 2 * slack()));
      }
      if (walls != 1)
        continue;
      const Cell only = wall(cell) ? cell : wall(right) ? right : wall(under) ? under : across;
      const WallBox about = box(only);
      const Point middle = {(centre(cell).x + centre(across).x) / 2, (centre(cell).y + centre(across).y) / 2};
      region.corners.push_back({centre(only).x < middle.x ? about.high.x : about.low.x,
                                centre(only).y < middle.y ? about.high.y : about.low.y});
    }
  }
  for (const auto& walls : region.walls)
    region.kept_out.push_back(grown(walls, -slack()));
  region.kept_out.insert(region.kept_out.end(), touching.begin(), touching.end());
  return region;
}

bool Maze::is_free(Point point, WallTest test) const { return is_free(point, point, test); }

bool Maze::is_free(Point a, Point b, WallTest test) const {
  const Point one = centre({0, 0}), other = centre({rows_ - 1, columns_ - 1});
  const auto inside = [&](Point p) {
    return finite(p) && one.x < p.x && p.x < other.x && one.y < p.y && p.y < other.y;
  };
  return inside(a) && inside(b) &&
         std::ranges::none_of(of(test).kept_out, [&](const WallBox& box) { return meets(box, a, b); });
}

std::span<const WallBox> Maze::walls(WallTest test) const { return of(test).walls; }
std::span<const Point> Maze::corners(WallTest test) const { return of(test).corners; }

} // namespace stint
