#pragma once
// How users name a maze: by --layout and --world.

#include "mazes/maze.hpp"

#include <string>

namespace stint {

/// The maze of that name, or of the text file of that name in a world ("d4rl", "ogbench", or "" for D4RL's). Throws
/// UsageError, one line with --layout, for anything else, and for a world that is not that of a named maze.
Maze maze_of(const std::string& layout, const std::string& world);

/// "umaze, medium, ..., or a file of text: '#' is a wall, ...", for --help.
std::string layout_help();

} // namespace stint
