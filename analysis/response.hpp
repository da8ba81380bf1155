#pragma once
// The response of the magnetisation to a field, from two ensembles: a check of tilted ensembles that needs no HMC.

#include "analysis/jackknife.hpp"
#include "analysis/primaries.hpp"

namespace stint {

struct Response {
  ValueError quotient;       ///< (<M>_2 - <M>_1) / (h_2 - h_1)
  ValueError susceptibility; ///< (chi_1 + chi_2)/2, chi = V (<M^2> - <M>^2)
  double z = 0;              ///< of their difference
};

/// Since d<M>/dh = chi, the two numbers agree up to the trapezoidal rule's -(h_2 - h_1)^2/12 chi'', which z does not
/// know of: it needs fields so close that chi bends little between them. Errors by the Gamma method; that of the
/// difference includes the correlation of M with chi. Throws std::invalid_argument if the fields are equal or the
/// lattices are not, and what estimate_all throws.
Response response(const Measurements& first, double first_field, const Measurements& second, double second_field);

} // namespace stint
