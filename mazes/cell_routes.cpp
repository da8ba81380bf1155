#include "mazes/cell_routes.hpp"

#include <limits>

namespace stint {

CellRoutes::CellRoutes(const Maze& maze)
    : columns_(maze.columns()), cells_(static_cast<std::size_t>(maze.rows()) * maze.columns()),
      target_number_(cells_, -1), moves_(maze.neighbours({0, 0})) {
  const auto stay = static_cast<std::uint8_t>(moves_.size());
  moves_.push_back({0, 0});
  move_.reserve(maze.free_cells().size() * cells_);
  std::int32_t number = 0;
  for (const Cell target : maze.free_cells()) {
    target_number_[index(target)] = number++;
    const auto steps = maze.steps_to(target);
    const auto away = [&](Cell cell) {
      const int known = maze.is_free(cell) ? steps[index(cell)] : -1;
      return known < 0 ? std::numeric_limits<int>::max() : known;
    };
    for (int r = 0; r < maze.rows(); ++r) {
      for (int c = 0; c < columns_; ++c) {
        std::uint8_t best = stay;
        int least = away({r, c});
        for (std::uint8_t m = 0; m < stay; ++m) {
          const int there = away({r + moves_[m].row, c + moves_[m].column});
          if (there < least) {
            least = there;
            best = m;
          }
        }
        move_.push_back(best);
      }
    }
  }
}

Cell CellRoutes::next(Cell from, Cell target) const {
  const Cell move = moves_[move_[target_number_[index(target)] * cells_ + index(from)]];
  return {from.row + move.row, from.column + move.column};
}

} // namespace stint
