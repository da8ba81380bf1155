#include "src/kinds.hpp"

#include "generative/phi4/prior.hpp"

namespace stint {

Kinds all_kinds() { return {phi4_fields()}; }

} // namespace stint
