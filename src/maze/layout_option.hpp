#pragma once
// The maze of an option --layout, or of a file.

#include "mazes/maze.hpp"

#include <map>
#include <string>

namespace stint {

/// A named maze, or the text of a file; where `layout` is empty, that of the notes "maze" and "world" of the data, of
/// which `file` is the name. Throws UsageError for a layout that is none, and where there is none at all.
Maze maze_of(const std::string& layout, const std::map<std::string, std::string>& notes, const std::string& file);

} // namespace stint
