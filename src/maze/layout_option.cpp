#include "src/maze/layout_option.hpp"

#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace stint {

Maze maze_of(const std::string& layout, const std::string& world) {
  try {
    if (std::ranges::find(Maze::names(), layout) != Maze::names().end()) {
      Maze maze = Maze::named(layout);
      if (!world.empty() && world_named(world) != maze.world())
        throw UsageError(
            fmt::format("--layout {} is in the world {}, not {}", layout, facts(maze.world()).name, world));
      return maze;
    }
    if (!std::filesystem::exists(layout))
      throw UsageError(fmt::format("--layout is '{}', expected a file of text or one of {}", layout,
                                   fmt::join(Maze::names(), ", ")));
    return Maze::from_text(read_text_file(layout), world.empty() ? MazeWorld::d4rl : world_named(world));
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--layout {}: {}", layout, error.what()));
  }
}

std::string layout_help() {
  return fmt::format("{}, or a file of text, a row a line: '#' is a wall, 'O', '.' and ' ' are free, 'G' is the goal; "
                     "walls all round",
                     fmt::join(Maze::names(), ", "));
}

} // namespace stint
