#pragma once
// The quantities of one configuration that the free field is tested by, as plain sums over sites.

#include "lattice/geometry.hpp"

#include <span>

namespace stint {

struct ConfigurationMoments {
  double magnetisation = 0;     ///< (1/V) sum phi
  double phi2 = 0;              ///< (1/V) sum phi^2
  double nearest_neighbour = 0; ///< (1/(d V)) sum_x sum_mu phi_x phi_{x+mu}
};

template<class Real> ConfigurationMoments moments_of(const Geometry& geometry, std::span<const Real> phi) {
  ConfigurationMoments moments;
  const auto volume = static_cast<double>(geometry.volume());
  for (std::int64_t x = 0; x < geometry.volume(); ++x) {
    const double here = phi[x];
    moments.magnetisation += here / volume;
    moments.phi2 += here * here / volume;
    for (int mu = 0; mu < geometry.dimensions(); ++mu)
      moments.nearest_neighbour += here * phi[geometry.neighbour(x, mu, +1)] / (volume * geometry.dimensions());
  }
  return moments;
}

} // namespace stint
