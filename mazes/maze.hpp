#pragma once
// A maze: which cells are walls, how cells lie in the plane, and whether points and segments are free of walls.

#include "mazes/world.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stint {

/// A cell of the map: row and column from 0.
struct Cell {
  int row = 0, column = 0;

  auto operator<=>(const Cell&) const = default;
};

/// A rectangle [low.x, high.x] x [low.y, high.y].
struct WallBox {
  Point low, high;

  bool operator==(const WallBox&) const = default;
};

/// What a wall keeps out.
///   centre    the observed point stays out of the walls' cells: out of [c - s/2, c + s/2] an axis, c the cell's centre
///             and s its side
///   physical  the whole ball stays out of the walls, as in the simulator: the observed point stays out of
///             [c - s/2 - radius - offset, c + s/2 + radius - offset]; [c - 0.8, c + 0.4] in D4RL, [c - 2.7, c + 2.7]
///             in OGBench. The round corners of that region are taken as square.
enum class WallTest { centre, physical };

class Maze {
public:
  /// The mazes of the literature: umaze, medium, large (D4RL), ogbench-medium, ogbench-large, ogbench-giant. Throws
  /// std::invalid_argument for another name.
  static Maze named(std::string_view name);
  static std::span<const std::string_view> names();

  /// A layout in D4RL's letters: '#' is a wall; 'O', '.' and ' ' are free; 'G' is free and the goal. Rows end at a
  /// newline or a backslash; white space at their ends, and empty rows before the first and after the last, are left
  /// out. Throws std::invalid_argument, in one line that says where, for an empty text, rows of different lengths,
  /// other letters, several goals, no free cell, a free cell at the border, or more than `most_cells` rows or columns.
  static Maze from_text(std::string_view text, MazeWorld world = MazeWorld::d4rl);
  static constexpr int most_cells = 100;

  /// The layout in one line: rows of '#', 'O' and 'G' separated by backslashes. from_text() reads it.
  std::string text() const;

  MazeWorld world() const { return world_; }
  int rows() const { return rows_; }
  int columns() const { return columns_; }
  std::optional<Cell> goal() const { return goal_; }

  /// Cells outside the map are walls.
  bool is_free(Cell cell) const;
  /// Row by row.
  const std::vector<Cell>& free_cells() const { return free_cells_; }

  /// The five fixed pairs of OGBench's mazes, (start, goal); none for other mazes.
  std::span<const std::pair<Cell, Cell>> tasks() const;

  /// Whether both cells are free and a way of free cells, side by side, joins them.
  bool reachable(Cell a, Cell b) const;
  /// How many cells a shortest way to `target` has, for every cell of the map row by row; -1 where there is none.
  /// Throws std::invalid_argument unless `target` is free.
  std::vector<int> steps_to(Cell target) const;
  /// The neighbours of a cell along a side, in the order in which the world's own planner tries them.
  std::vector<Cell> neighbours(Cell cell) const;

  Point centre(Cell cell) const;
  /// The cell of the map in whose square the point lies, free or not; of points outside the map the nearest.
  Cell cell_at(Point point) const;
  /// The free cell whose centre is nearest to the point.
  Cell free_cell_at(Point point) const;

  /// Whether the point is in the map and out of walls. Walls count without their edges, and are smaller by slack() on
  /// every side: a ball at a wall is free, and stays so when float32 has rounded its coordinates. Points that are not
  /// finite are not free.
  bool is_free(Point point, WallTest test) const;
  /// The same for every point of the segment from a to b. The gap between two walls that touch at a corner is closed.
  bool is_free(Point a, Point b, WallTest test) const;
  double slack() const { return 1e-6 * facts(world_).cell; }

  /// The rectangles of which the walls are the union, before slack() is taken off.
  std::span<const WallBox> walls(WallTest test) const;
  /// The corners round which shortest ways bend: those of a wall with three free cells about it.
  std::span<const Point> corners(WallTest test) const;

private:
  struct Region {
    std::vector<WallBox> walls, kept_out; // the latter without slack
    std::vector<Point> corners;
  };

  Maze() = default;
  void find_parts();
  Region region(WallTest test) const;
  const Region& of(WallTest test) const { return test == WallTest::centre ? centre_ : physical_; }
  std::size_t index(Cell cell) const { return static_cast<std::size_t>(cell.row) * columns_ + cell.column; }

  MazeWorld world_ = MazeWorld::d4rl;
  int rows_ = 0, columns_ = 0;
  std::vector<bool> free_;
  std::optional<Cell> goal_;
  std::vector<Cell> free_cells_;
  std::vector<int> part_; // connected parts of the free cells are numbered
  Region centre_, physical_;
};

} // namespace stint
