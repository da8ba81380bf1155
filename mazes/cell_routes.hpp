#pragma once
// Shortest ways through the cells of a maze, looked up.

#include "mazes/maze.hpp"

#include <cstdint>
#include <vector>

namespace stint {

/// The next cell on a shortest way, from every cell to every free one: a table of R C F bytes for a map of R x C cells
/// of which F are free.
class CellRoutes {
public:
  explicit CellRoutes(const Maze& maze);

  /// The cell after `from` on a shortest way to `target`: of the neighbours that lie nearest to it the first in the
  /// order of Maze::neighbours(). `from` itself at the target, and where no neighbour leads there. `from` may be a
  /// wall: D4RL's ball can be nearest to one. `target` must be free.
  Cell next(Cell from, Cell target) const;

private:
  std::size_t index(Cell cell) const { return static_cast<std::size_t>(cell.row) * columns_ + cell.column; }

  int columns_;
  std::size_t cells_;
  std::vector<std::int32_t> target_number_; // of free cells, -1 of walls
  std::vector<std::uint8_t> move_;          // [target][from]: which neighbour, or 4 to stay
  std::vector<Cell> moves_;
};

} // namespace stint
