#pragma once
// The free field (lambda = 0): the Gaussian theory in closed form, the oracle of every stage.

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "lattice/random.hpp"

#include <span>
#include <vector>

namespace stint {

/// Lattice Laplacian eigenvalues sum_mu 4 sin^2(p_mu / 2) with p_mu = 2 pi n_mu / L_mu, all modes n in row-major order.
std::vector<double> laplacian_eigenvalues(const Geometry& geometry);

/// Covariance in momentum space, Sigma(p) = <|phi(p)|^2>/V = 1 / (2 (mass2 - quadratic + phat^2)), row-major order as
/// above. Throws std::invalid_argument unless theory.lambda = 0 and the squared mass is positive.
std::vector<double> free_propagator(const Geometry& geometry, const Phi4& theory);

/// Exact expectation values of the free field.
struct FreeFieldMoments {
  double magnetisation;         ///< <M> = field / (2 (mass2 - quadratic))
  double magnetisation_squared; ///< <M^2>
  double phi2;                  ///< <phi_x^2>
  double nearest_neighbour;     ///< <phi_x phi_{x+mu}>, mean over directions
  double action_density;        ///< <S>/V
};
FreeFieldMoments free_field_moments(const Geometry& geometry, const Phi4& theory);

/// Independent exact draws: phi = mean + F^H sqrt(Sigma) F xi with white noise xi of `stream`. phi has
/// geometry.volume() sites. Plans an FFT at each call, which FFTW allows from one thread at a time only.
void draw_free_field(const Geometry& geometry, const Phi4& theory, const Stream& stream, std::span<double> phi);

} // namespace stint
