#include "analysis/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace stint {
namespace {

/// Calls visit(|F - G|, width) on each interval between neighbouring entries of the two samples together.
template<class Visit> void sweep(std::span<const double> a, std::span<const double> b, Visit visit) {
  std::vector<double> points(a.size() + b.size());
  std::ranges::merge(a, b, points.begin());
  std::size_t in_a = 0, in_b = 0; // entries <= points[k]
  for (std::size_t k = 0; k + 1 < points.size(); ++k) {
    while (in_a < a.size() && a[in_a] <= points[k])
      ++in_a;
    while (in_b < b.size() && b[in_b] <= points[k])
      ++in_b;
    visit(std::abs(static_cast<double>(in_a) / static_cast<double>(a.size()) -
                   static_cast<double>(in_b) / static_cast<double>(b.size())),
          points[k + 1] - points[k]);
  }
}

} // namespace

double ks_statistic(std::span<const double> a, std::span<const double> b) {
  double largest = 0;
  sweep(a, b, [&largest](double difference, double) { largest = std::max(largest, difference); });
  return largest;
}

double ks_p_value(double statistic, double n_a, double n_b) {
  const double root = std::sqrt(n_a * n_b / (n_a + n_b));
  const double s = (root + 0.12 + 0.11 / root) * statistic;
  if (s < 0.2) // 1 - Q(0.2) < 1e-11, and the series converges slowly
    return 1;
  double sum = 0;
  double sign = 1;
  for (int k = 1; k <= 50; ++k, sign = -sign)
    sum += 2 * sign * std::exp(-2 * k * k * s * s);
  return std::clamp(sum, 0.0, 1.0);
}

double wasserstein1(std::span<const double> a, std::span<const double> b) {
  double distance = 0;
  sweep(a, b, [&distance](double difference, double width) { distance += difference * width; });
  return distance;
}

} // namespace stint
