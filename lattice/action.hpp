#pragma once
// Actions with nearest neighbours: what such an action has to say of one site, and the plain loops over the lattice.

#include "lattice/geometry.hpp"

#include <concepts>
#include <span>

namespace stint {

/// S(phi) = sum_x s(phi_x, n_x) with n_x the sum of the 2d nearest neighbours of x. An action is a struct of couplings;
/// lattice/phi4.hpp is the example. It promises:
///   validate()                throws std::invalid_argument unless exp(-S) can be normalised;
///   site<Real>(d)             the action in d dimensions as one site sees it, trivially copyable, with
///     density(phi, n)           s(phi_x, n_x),
///     kick(time)(pi, phi, n)    pi + time * force, force = -dS/dphi_x,
///     virial_term(phi)          a number whose sum over the sites virial() needs;
///   virial(S, sum_x phi_x, sum_x virial_term)   sum_x phi_x dS/dphi_x, whose mean is V (Schwinger-Dyson).
/// The functions of a site use + - * only, so that they serve numbers, SIMD registers and tensors; they are
/// always_inline.
template<class A>
concept Action = requires(const A a, double x) {
  a.validate();
  { a.template site<double>(1).density(x, x) } -> std::convertible_to<double>;
  { a.template site<double>(1).kick(x)(x, x, x) } -> std::convertible_to<double>;
  { a.template site<double>(1).virial_term(x) } -> std::convertible_to<double>;
  { a.virial(x, x, x) } -> std::convertible_to<double>;
};

/// n_x, summed in double.
template<class Real> double sum_of_neighbours(const Geometry& geometry, std::span<const Real> phi, std::int64_t x) {
  double sum = 0;
  for (int mu = 0; mu < geometry.dimensions(); ++mu)
    sum += static_cast<double>(phi[geometry.neighbour(x, mu, +1)]) + phi[geometry.neighbour(x, mu, -1)];
  return sum;
}

/// S(phi); phi has geometry.volume() sites. Summed in double: the reference that every fast kernel is tested against.
template<class Real, Action A> double action(const Geometry& geometry, const A& theory, std::span<const Real> phi) {
  const auto site = theory.template site<double>(geometry.dimensions());
  double sum = 0;
  for (std::int64_t x = 0; x < geometry.volume(); ++x)
    sum += site.density(static_cast<double>(phi[x]), sum_of_neighbours(geometry, phi, x));
  return sum;
}

/// force[x] = -dS/dphi_x
template<class Real, Action A>
void force(const Geometry& geometry, const A& theory, std::span<const Real> phi, std::span<Real> force) {
  const auto kick = theory.template site<double>(geometry.dimensions()).kick(1);
  for (std::int64_t x = 0; x < geometry.volume(); ++x)
    force[x] = static_cast<Real>(kick(0.0, static_cast<double>(phi[x]), sum_of_neighbours(geometry, phi, x)));
}

} // namespace stint
