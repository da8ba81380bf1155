#include "src/program/ranges.hpp"

#include "src/program/errors.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace stint {
namespace {

bool read_number(const char* begin, const char* end, double& value) {
  const auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc{} && stop == end && std::isfinite(value);
}

} // namespace

std::pair<double, double> parse_range(const std::string& option, const std::string& text) {
  const auto comma = text.find(',');
  const char* begin = text.data();
  double low = 0, high = 0;
  if (comma == std::string::npos || !read_number(begin, begin + comma, low) ||
      !read_number(begin + comma + 1, begin + text.size(), high) || low >= high)
    throw UsageError(fmt::format("--{} is '{}', expected two numbers A,B with A below B, as 0,1", option, text));
  return {low, high};
}

void check_option(const char* option, double value, bool fits, const std::string& expected) {
  if (!fits)
    throw UsageError(fmt::format("--{} is {}, expected {}", option, value, expected));
}

} // namespace stint
