#pragma once
// Whether the value of an option is in its range.

#include <string>
#include <utility>

namespace stint {

/// "0,1" as two finite numbers, the first below the second. Throws UsageError naming the option otherwise.
std::pair<double, double> parse_range(const std::string& option, const std::string& text);

/// Throws UsageError "--OPTION is VALUE, expected EXPECTED" unless `fits`.
void check_option(const char* option, double value, bool fits, const std::string& expected);

} // namespace stint
