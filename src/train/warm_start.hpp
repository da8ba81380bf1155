#pragma once
// 'stint train --start-from': training that begins where another one ended.

#include "generative/model.hpp"

#include <string>

namespace stint {

/// Gives the network of `model` the averaged parameters of the model file `path`. The prior stays that of the model's
/// own data; optimiser and learning rate begin anew. Throws UsageError, one line naming the file, for another kind of
/// data or another network, and what ModelReader throws.
void start_from(Model& model, const std::string& path, const Kinds& kinds);

} // namespace stint
