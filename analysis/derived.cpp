#include "analysis/derived.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stint {
namespace {

/// factor <primary>
DerivedObservable linear(std::string name, const PrimaryMeans& means, Primary primary, double factor = 1) {
  DerivedObservable observable{std::move(name), factor * means[primary], {}};
  observable.gradient[primary] = factor;
  return observable;
}

/// V (<M^2> - <first>^2)
DerivedObservable variance(std::string name, const PrimaryMeans& means, Primary first, double volume) {
  auto observable = linear(std::move(name), means, magnetisation2, volume);
  observable.value -= volume * means[first] * means[first];
  observable.gradient[first] = -2 * volume * means[first];
  return observable;
}

/// 1 - <M^4> / (3 <M^2>^2)
DerivedObservable binder(const PrimaryMeans& means) {
  const double square = means[magnetisation2] * means[magnetisation2];
  DerivedObservable observable{"binder_cumulant", 1 - means[magnetisation4] / (3 * square), {}};
  observable.gradient[magnetisation4] = -1 / (3 * square);
  observable.gradient[magnetisation2] = 2 * means[magnetisation4] / (3 * square * means[magnetisation2]);
  return observable;
}

/// xi = sqrt(G(0)/G(p) - 1) / (2 sin(p/2)); dxi = d(G(0)/G(p)) / (8 sin^2(p/2) xi)
DerivedObservable correlation_length(const Geometry& geometry, const DerivedObservable& zero_mode,
                                     const PrimaryMeans& means) {
  const double sine = std::sin(std::numbers::pi / *std::ranges::max_element(geometry.extents()));
  const double ratio = zero_mode.value / means[lowest_mode];
  DerivedObservable observable{"correlation_length", std::sqrt(ratio - 1) / (2 * sine), zero_mode.gradient};
  observable.gradient[lowest_mode] = -ratio;
  for (double& slope : observable.gradient)
    slope /= means[lowest_mode] * 8 * sine * sine * observable.value;
  return observable;
}

} // namespace

std::vector<DerivedObservable> derived_observables(const Geometry& geometry, const PrimaryMeans& means) {
  const auto volume = static_cast<double>(geometry.volume());
  const auto susceptibility = variance("susceptibility", means, magnetisation, volume);
  std::vector<DerivedObservable> observables = {
      linear("magnetisation", means, magnetisation),
      linear("abs_magnetisation", means, abs_magnetisation),
      linear("magnetisation_squared", means, magnetisation2),
      susceptibility,
      variance("susceptibility_abs", means, abs_magnetisation, volume),
      linear("susceptibility_disconnected", means, magnetisation2, volume),
  };
  if (means[magnetisation2] > 0)
    observables.push_back(binder(means));
  observables.push_back(linear("phi2", means, phi2));
  observables.push_back(linear("phi4", means, phi4));
  observables.push_back(linear("nearest_neighbour", means, nearest_neighbour));
  observables.push_back(linear("action_density", means, action_density));
  if (means[lowest_mode] > 0 && susceptibility.value > means[lowest_mode])
    observables.push_back(correlation_length(geometry, susceptibility, means));
  return observables;
}

} // namespace stint
