#include "analysis/convergence.hpp"

#include <cmath>
#include <limits>

namespace stint {

void RunningMoments::add(double value) {
  count += 1;
  const double deviation = value - mean;
  mean += deviation / count;
  squares += deviation * (value - mean);
}

void SplitMoments::add(double value, std::int64_t index, std::int64_t length) {
  const std::int64_t half = length / 2;
  if (index < half)
    first.add(value);
  else if (index >= length - half)
    second.add(value);
}

double split_r_hat(std::span<const SplitMoments> chains) {
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  if (chains.empty() || chains[0].first.count < 2)
    return undefined;
  const double n = chains[0].first.count;
  RunningMoments means, variances;
  for (const auto& chain : chains)
    for (const auto& half : {chain.first, chain.second}) {
      means.add(half.mean);
      variances.add(half.variance());
    }
  const double between = n * means.variance(), within = variances.mean;
  return within > 0 ? std::sqrt((n - 1) / n + between / (n * within)) : undefined;
}

} // namespace stint
