#include "src/maze/fraction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace stint {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double wilson(const Fraction& fraction, double sign) {
  constexpr double z = 1.959963984540054;
  const auto n = static_cast<double>(fraction.of);
  if (fraction.of == 0)
    return nan;
  const double p = fraction.value(), middle = p + z * z / (2 * n);
  const double width = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return std::clamp((middle + sign * width) / (1 + z * z / n), 0.0, 1.0);
}

} // namespace

double Fraction::value() const { return of > 0 ? static_cast<double>(count) / static_cast<double>(of) : nan; }
double Fraction::low() const { return count == 0 && of > 0 ? 0 : wilson(*this, -1); }
double Fraction::high() const { return count == of && of > 0 ? 1 : wilson(*this, 1); }

MeanOf mean_of(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.empty())
    return {nan, nan};
  double sum = 0, squares = 0;
  for (const double value : values)
    sum += value;
  const double mean = sum / n;
  for (const double value : values)
    squares += (value - mean) * (value - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / (n - 1) / n) : nan};
}

} // namespace stint
