#include "lattice/phi4.hpp"

#include "lattice/number_text.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace stint {

void Phi4::validate() const {
  for (const double coupling : {mass2, lambda, field, quadratic})
    if (!std::isfinite(coupling))
      throw std::invalid_argument("the couplings of phi^4 must be finite numbers");
  if (lambda < 0)
    throw std::invalid_argument("lambda = " + number_text(lambda) + " is negative: exp(-S) cannot be normalised");
  if (lambda == 0 && mass2 - quadratic <= 0)
    throw std::invalid_argument("a free field (lambda = 0) needs mass2 - quadratic > 0, not " +
                                number_text(mass2 - quadratic));
}

Phi4 from_hopping_form(double kappa, double hopping_lambda, int dimensions) {
  return {.mass2 = (1 - 2 * hopping_lambda) / kappa - 2.0 * dimensions, .lambda = hopping_lambda / (kappa * kappa)};
}

Phi4 from_continuum_form(double mu2, double g) { return {.mass2 = mu2, .lambda = g}; }

} // namespace stint
