#pragma once
// What a user first wants to know of a model file.

#include "src/files/hdf5.hpp"

#include <string>
#include <vector>

namespace stint {

/// Whether this attribute "format" is that of models.
bool is_model_format(const std::string& format);

/// Five lines, from attributes and the history alone: what the model learned, the tasks that it was trained for, its
/// tilts and lattices, the loss on data held out, and how to ask it, if its kind of data is one of `kinds`, those of
/// this program (none: a program without LibTorch). What a file does not say is left out.
std::string model_summary(const hdf5::File& file, const std::vector<std::string>& kinds);

} // namespace stint
