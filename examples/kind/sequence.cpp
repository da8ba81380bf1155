#include "examples/kind/sequence.hpp"

#include "generative/gaussian/prior.hpp"

namespace stint::examples {

// A kind that knows more than second moments derives its own classes from Prior and PriorFit; generative/phi4 is one.
Kind sequences() {
  return {
      .name = "sequence",
      .boundary = Boundary::open,
      .has_action = false,
      .fit = [](const PriorRequest& request) { return std::make_unique<PrincipalComponentsFit>("sequence", request); },
      .load = [](const Layout& layout, const State& state) { return GaussianPrior::load("sequence", layout, state); }};
}

} // namespace stint::examples
