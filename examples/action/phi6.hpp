#pragma once
// An action of one's own: phi^6.

#include <cmath>
#include <stdexcept>

namespace stint::examples {

/// S = sum_x [ a phi_x^2 + c phi_x^6 ] - 2 sum_{x,mu} phi_x phi_{x+mu}, c > 0; lattice units.
struct Phi6 {
  double a = 0, c = 0;

  void validate() const {
    if (!std::isfinite(a) || !std::isfinite(c) || c <= 0)
      throw std::invalid_argument("phi^6 needs finite couplings and c > 0");
  }

  /// pi + time * force, force_x = -2 a phi_x - 6 c phi_x^5 + 2 n_x with n_x the sum of the nearest neighbours.
  template<class Real> struct Kick {
    Real linear, quintic, hopping;
    template<class Momentum, class Value>
    [[gnu::always_inline]] auto operator()(const Momentum& pi, const Value& phi, const Value& neighbours) const {
      const auto square = phi * phi;
      return pi + hopping * neighbours + phi * (linear + quintic * (square * square));
    }
  };

  /// The action as one site sees it. A Value is a number, a SIMD register of chains or a tensor of sites: + - * only.
  template<class Real> struct Site {
    Real a, c;

    /// s_x with S = sum_x s_x. A bond belongs to both of its sites, hence n_x once.
    template<class Value> [[gnu::always_inline]] Value density(const Value& phi, const Value& neighbours) const {
      const auto square = phi * phi;
      return phi * (phi * (a + c * (square * square)) - neighbours);
    }
    [[gnu::always_inline]] Kick<Real> kick(Real time) const { return {-2 * time * a, -6 * time * c, 2 * time}; }
    /// phi_x^6
    template<class Value> [[gnu::always_inline]] static Value virial_term(const Value& phi) {
      const auto square = phi * phi;
      return square * square * square;
    }
  };
  template<class Real> Site<Real> site(int) const { return {static_cast<Real>(a), static_cast<Real>(c)}; }

  /// sum_x phi_x dS/dphi_x = 2 S + 4 c sum_x phi_x^6
  double virial(double action, double, double sixth) const { return 2 * action + 4 * c * sixth; }
};

} // namespace stint::examples
