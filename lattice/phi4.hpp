#pragma once
// The phi^4 action: each formula once, for numbers, SIMD registers and tensors alike.

namespace stint {

/// Couplings of
///   S(phi) = sum_x [ (2d + mass2) phi_x^2 + lambda phi_x^4 - 2 sum_mu phi_x phi_{x+mu} - field phi_x - quadratic
///   phi_x^2 ]
/// (lattice units). lambda = 0 is the free field of squared mass mass2 - quadratic in a source `field`.
struct Phi4 {
  double mass2 = 0;     ///< m^2
  double lambda = 0;    ///< quartic coupling
  double field = 0;     ///< h, magnetic field
  double quadratic = 0; ///< k2, shift of the squared mass

  /// The coefficient of phi_x^2 in S in d dimensions: 2d + mass2 - quadratic.
  double onsite(int dimensions) const { return 2.0 * dimensions + mass2 - quadratic; }

  template<class Real> struct Site;
  template<class Real> struct Kick;

  /// The action as one site sees it (lattice/action.hpp), with couplings rounded to Real.
  template<class Real> Site<Real> site(int dimensions) const {
    return {static_cast<Real>(onsite(dimensions)), static_cast<Real>(lambda), static_cast<Real>(field)};
  }

  /// sum_x phi_x dS/dphi_x from S, sum_x phi_x and the sum of Site::virial_term().
  double virial(double action, double sum_phi, double virial_terms) const {
    return 2 * action + 2 * lambda * virial_terms + field * sum_phi;
  }

  /// Throws std::invalid_argument if a coupling is not finite or the weight exp(-S) cannot be normalised on any lattice
  /// (lambda < 0, or lambda = 0 without a positive squared mass).
  void validate() const;

  bool operator==(const Phi4&) const = default;
};

/// S = sum_x [-2 kappa sum_mu phi_x phi_{x+mu} + phi_x^2 + l (phi_x^2 - 1)^2] in the form of Phi4, whose phi is
/// sqrt(kappa) times the one above:  mass2 = (1 - 2 l)/kappa - 2d,  lambda = l/kappa^2.
Phi4 from_hopping_form(double kappa, double hopping_lambda, int dimensions);

/// S = sum_x [(1/2)(d phi)^2 + (mu2/2) phi^2 + (g/4) phi^4] in the form of Phi4, whose phi is 1/sqrt(2) times the one
/// above:  mass2 = mu2,  lambda = g.
Phi4 from_continuum_form(double mu2, double g);

// The functions below are compiled for several instruction sets. always_inline keeps a copy for one of them out of the
// rest of the program.

/// momentum + time * force, with force_x = -dS/dphi_x = -2 onsite phi_x - 4 lambda phi_x^3 + 2 n_x + h and n_x the sum
/// of the 2d nearest neighbours.
template<class Real> struct Phi4::Kick {
  Real linear, cubic, hopping, half_source;

  template<class Momentum, class Value>
  [[gnu::always_inline]] auto operator()(const Momentum& momentum, const Value& phi, const Value& neighbours) const {
    return momentum + hopping * (neighbours + half_source) + phi * (linear + cubic * (phi * phi));
  }
};

/// What one site adds to S, and the force there. A Value is a number, a SIMD register of chains or a tensor of sites.
template<class Real> struct Phi4::Site {
  Real onsite, lambda, source;

  /// s_x with S = sum_x s_x. A bond belongs to both of its sites, hence n_x and not twice the forward neighbours.
  template<class Value> [[gnu::always_inline]] Value density(const Value& phi, const Value& neighbours) const {
    return phi * (phi * (onsite + lambda * (phi * phi)) - neighbours - source);
  }

  [[gnu::always_inline]] Kick<Real> kick(Real time) const {
    return {-2 * time * onsite, -4 * time * lambda, 2 * time, source / 2};
  }

  /// phi_x^4
  template<class Value> [[gnu::always_inline]] static Value virial_term(const Value& phi) {
    return (phi * phi) * (phi * phi);
  }
};

} // namespace stint
