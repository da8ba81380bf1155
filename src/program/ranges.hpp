#pragma once

#include <string>
#include <utility>

namespace stint {

/// "0,1" as two finite numbers, the first below the second. Throws UsageError naming the option otherwise.
std::pair<double, double> parse_range(const std::string& option, const std::string& text);

} // namespace stint
