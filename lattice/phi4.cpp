#include "lattice/phi4.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace stint {

void Phi4::validate() const {
  for (const double coupling : {mass2, lambda, field, quadratic})
    if (!std::isfinite(coupling))
      throw std::invalid_argument("the couplings of phi^4 must be finite numbers");
  if (lambda < 0)
    throw std::invalid_argument("lambda = " + std::to_string(lambda) + " is negative: exp(-S) cannot be normalised");
  if (lambda == 0 && mass2 - quadratic <= 0)
    throw std::invalid_argument("a free field (lambda = 0) needs mass2 - quadratic > 0, not " +
                                std::to_string(mass2 - quadratic));
}

template<class Real> double action(const Geometry& geometry, const Phi4& theory, std::span<const Real> phi) {
  const double onsite = theory.onsite(geometry.dimensions());
  double sum = 0;
  for (std::int64_t x = 0; x < geometry.volume(); ++x) {
    const double p = phi[x];
    double forward = 0;
    for (int mu = 0; mu < geometry.dimensions(); ++mu)
      forward += phi[geometry.neighbour(x, mu, +1)];
    sum += p * (onsite * p + theory.lambda * p * p * p - 2 * forward - theory.field);
  }
  return sum;
}

template<class Real>
void force(const Geometry& geometry, const Phi4& theory, std::span<const Real> phi, std::span<Real> force) {
  const double onsite = theory.onsite(geometry.dimensions());
  for (std::int64_t x = 0; x < geometry.volume(); ++x) {
    const double p = phi[x];
    double neighbours = 0;
    for (int mu = 0; mu < geometry.dimensions(); ++mu)
      neighbours += static_cast<double>(phi[geometry.neighbour(x, mu, +1)]) + phi[geometry.neighbour(x, mu, -1)];
    force[x] = static_cast<Real>(-2 * onsite * p - 4 * theory.lambda * p * p * p + 2 * neighbours + theory.field);
  }
}

template double action(const Geometry&, const Phi4&, std::span<const float>);
template double action(const Geometry&, const Phi4&, std::span<const double>);
template void force(const Geometry&, const Phi4&, std::span<const float>, std::span<float>);
template void force(const Geometry&, const Phi4&, std::span<const double>, std::span<double>);

} // namespace stint
