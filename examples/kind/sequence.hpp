#pragma once
// A kind of data of one's own: sequences of any number of channels with open ends, of which mean and covariance are
// known beforehand.

#include "generative/prior.hpp"

namespace stint::examples {

/// The row for the table of kinds.
Kind sequences();

} // namespace stint::examples
