#pragma once
// When not to believe the numbers of an ensemble.

#include "src/measure/result.hpp"

#include <string>
#include <vector>

namespace stint {

/// Sentences on what makes values or errors untrustworthy, each with what to do; one root cause gives one sentence:
///   chains that never change, fewer than 16 configurations, chains that do not agree (R-hat above 1.1), chains shorter
///   than 10 tau_int, a beginning out of equilibrium; <phi dS/dphi> that is not 1;
///   a correlation length beyond the lattice; one sample with more than 5 % of all weight.
std::vector<std::string> warnings_of(const MeasureResult& result);

} // namespace stint
