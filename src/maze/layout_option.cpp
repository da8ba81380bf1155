#include "src/maze/layout_option.hpp"

#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace stint {

Maze maze_of(const std::string& layout, const std::map<std::string, std::string>& notes, const std::string& file) {
  if (std::ranges::find(Maze::names(), layout) != Maze::names().end())
    return Maze::named(layout);
  const auto world = notes.contains("world") ? world_named(notes.at("world")) : MazeWorld::d4rl;
  try {
    if (!layout.empty())
      return Maze::from_text(read_text_file(layout), world);
    if (notes.contains("maze"))
      return Maze::from_text(notes.at("maze"), world);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("{}: {}", layout.empty() ? file : "--layout " + layout, error.what()));
  }
  throw UsageError(fmt::format("{} does not say which maze it is of; give --layout", file));
}

} // namespace stint
