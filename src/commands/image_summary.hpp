#pragma once

#include "src/files/ensemble_file.hpp"

#include <string>

namespace stint {

/// What an ensemble of kind "image" has, in a few lines.
std::string image_summary(const EnsembleReader& ensemble);

} // namespace stint
