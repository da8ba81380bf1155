#include "mazes/world.hpp"

#include <stdexcept>
#include <string>

namespace stint {

MazeWorld world_named(std::string_view name) {
  for (const MazeWorld world : {MazeWorld::d4rl, MazeWorld::ogbench}) {
    if (name == facts(world).name)
      return world;
  }
  throw std::invalid_argument("there is no world '" + std::string(name) + "'; there are d4rl and ogbench");
}

} // namespace stint
