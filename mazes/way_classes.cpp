#include "mazes/way_classes.hpp"

#include <algorithm>
#include <utility>

namespace stint {

WayClasses::WayClasses(const Maze& maze) {
  const auto at = [&](Cell cell) { return static_cast<std::size_t>(cell.row) * maze.columns() + cell.column; };
  std::vector<bool> seen(static_cast<std::size_t>(maze.rows()) * maze.columns());
  const auto is_new_wall = [&](Cell cell) {
    return cell.row >= 0 && cell.row < maze.rows() && cell.column >= 0 && cell.column < maze.columns() &&
           !maze.is_free(cell) && !seen[at(cell)];
  };
  std::vector<Cell> first; // of every island; the first group found is that of the border
  for (int r = 0; r < maze.rows(); ++r) {
    for (int c = 0; c < maze.columns(); ++c) {
      if (!is_new_wall({r, c}))
        continue;
      first.push_back({r, c});
      seen[at({r, c})] = true;
      for (std::vector<Cell> open{{r, c}}; !open.empty();) {
        const Cell cell = open.back();
        open.pop_back();
        for (int dr = -1; dr <= 1; ++dr) {
          for (int dc = -1; dc <= 1; ++dc) {
            const Cell next{cell.row + dr, cell.column + dc};
            if (!is_new_wall(next))
              continue;
            seen[at(next)] = true;
            open.push_back(next);
          }
        }
      }
    }
  }
  // Rays of different height in the middle tenth of their cells: no two lie on one line, and no way along the middle of
  // cells lies on one of them.
  const double cell = facts(maze.world()).cell;
  for (std::size_t i = 1; i < first.size(); ++i) {
    const double shift = 0.1 * (static_cast<double>(i) / static_cast<double>(first.size()) - 0.5);
    const Point centre = maze.centre(first[i]);
    rays_.push_back({centre.x, centre.y + cell * shift});
  }
}

WayClasses::Word WayClasses::of(std::span<const Point> way) const {
  Word word;
  for (std::size_t t = 1; t < way.size(); ++t) {
    const Point a = way[t - 1], b = way[t];
    std::vector<std::pair<double, int>> crossed; // where on the segment, and which
    for (std::size_t i = 0; i < rays_.size(); ++i) {
      const double y = rays_[i].y;
      if ((a.y < y) == (b.y < y))
        continue;
      const double part = (y - a.y) / (b.y - a.y);
      if (a.x + part * (b.x - a.x) > rays_[i].x)
        crossed.emplace_back(part, (a.y < y ? 1 : -1) * static_cast<int>(i + 1));
    }
    std::ranges::sort(crossed);
    for (const auto& [part, ray] : crossed) {
      if (!word.empty() && word.back() == -ray)
        word.pop_back();
      else
        word.push_back(ray);
    }
  }
  return word;
}

} // namespace stint
