#include "src/program/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stint {
namespace {

constexpr double smallest_share = 1e-12; // of the value: a smaller error is rounding

/// Digits after the decimal point to which an error is shown; negative before it.
int decimals_of(double error) {
  const int exponent = static_cast<int>(std::floor(std::log10(error)));
  const double leading = std::round(error / std::pow(10, exponent - 2)); // 100 to 1000; 950 and more become 10
  return leading < 355 ? 1 - exponent : -exponent;
}

} // namespace

std::string with_error(double value, double error) {
  if (std::isnan(value))
    return "-";
  if (!std::isfinite(error) || !std::isfinite(value))
    return fmt::format("{:.6g}", value);
  if (error <= smallest_share * std::abs(value))
    return fmt::format("{:.8g}", value);
  const double size = std::max(std::abs(value), error);
  if (size < 1e-4 || size >= 1e7) {
    const int exponent = static_cast<int>(std::floor(std::log10(size)));
    const double scale = std::pow(10, exponent);
    if (scale > 0)
      return with_error(value / scale, error / scale) + fmt::format("e{}", exponent);
  }
  const int decimals = decimals_of(error);
  if (decimals <= 0) {
    const double unit = std::pow(10, -decimals);
    return fmt::format("{:.0f}({:.0f})", std::round(value / unit) * unit, std::round(error / unit) * unit);
  }
  if (error >= 1)
    return fmt::format("{:.{}f}({:.{}f})", value, decimals, error, decimals);
  return fmt::format("{:.{}f}({:.0f})", value, decimals, std::round(error * std::pow(10, decimals)));
}

std::string counted(std::int64_t number, const std::string& thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

} // namespace stint
