#include "generative/images/kind.hpp"

#include "generative/images/prior.hpp"

namespace stint {

Kind images() {
  return {.name = "image",
          .boundary = Boundary::open,
          .may_mirror = true,
          .has_action = false,
          .fit = [](const PriorRequest& request) { return std::make_unique<ImageFit>(request); },
          .load = ImagePrior::load};
}

} // namespace stint
