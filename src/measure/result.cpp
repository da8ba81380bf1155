#include "src/measure/result.hpp"

#include <algorithm>
#include <cmath>

namespace stint {

double MeasureResult::largest_tau_int() const {
  double largest = 0;
  for (const auto& entry : estimates)
    largest = std::fmax(largest, entry.estimate.tau_int);
  return largest;
}

bool resolved(const Estimate& estimate, const Chains& chains) {
  if (std::ranges::max(chains.lengths) < 2 || estimate.error == 0)
    return true;
  const double half = 0.5 * static_cast<double>(chains.spacing);
  return std::abs(estimate.tau_int - half) > 2 * estimate.tau_int_error;
}

} // namespace stint
