#include "examples/task/cascade.hpp"

#include "generative/operators/modes.hpp"

namespace stint::examples {

Task cascade(const Layout& layout, double delay) {
  const auto begin = delay / (4 * layout.dimensions()) * phat2_of(layout);
  return {Path(mode_basis(layout), begin, torch::ones({}, torch::kDouble))};
}

} // namespace stint::examples
