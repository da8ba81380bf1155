#include "generative/mazes/kind.hpp"

#include "generative/mazes/prior.hpp"

namespace stint {

Kind mazes() {
  return {.name = "maze",
          .boundary = Boundary::open,
          .notes = {"maze", "world", "every"},
          .fit = [](const PriorRequest& request) { return std::make_unique<MazeFit>(request); },
          .load = MazePrior::load};
}

} // namespace stint
