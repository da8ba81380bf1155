#include "src/kinds.hpp"

#include "generative/images/kind.hpp"
#include "generative/mazes/kind.hpp"
#include "generative/phi4/prior.hpp"

namespace stint {

Kinds all_kinds() { return {phi4_fields(), images(), mazes()}; }

} // namespace stint
