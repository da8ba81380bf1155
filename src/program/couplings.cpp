#include "src/program/couplings.hpp"

#include "lattice/number_text.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <cmath>
#include <string>

namespace stint {

void CouplingOptions::declare(Options& options) {
  options.group(
      "Theory: S = sum_x [(2d + mass2) phi^2 + lambda phi^4 - 2 sum_mu phi phi_mu - field phi - quadratic phi^2]");
  options.value("mass2", theory.mass2, "M2", "squared mass, lattice units");
  options.value("lambda", theory.lambda, "LAMBDA", "quartic coupling, lattice units");
  options.value("field", theory.field, "H", "magnetic field h, lattice units");
  options.value("quadratic", theory.quadratic, "K2", "shift of the squared mass by -K2, lattice units");
  options.value("kappa", kappa, "KAPPA",
                "instead of mass2 and lambda: hopping parameter of S = sum_x [-2 kappa sum_mu phi phi_mu + phi^2 + "
                "l (phi^2 - 1)^2]");
  options.value("hopping-lambda", hopping_lambda, "L", "quartic coupling l of the same form");
  options.value("mu2", mu2, "MU2",
                "instead of mass2 and lambda: squared mass of S = sum_x [(d phi)^2/2 + mu2 phi^2/2 + g phi^4/4]");
  options.value("g", g, "G", "quartic coupling of the same form");
}

Phi4 CouplingOptions::resolve(const Options& options, int dimensions) const {
  struct Form {
    const char *first, *second;
    bool both, any;
  };
  const auto form = [&options](const char* first, const char* second) {
    const bool a = options.given(first), b = options.given(second);
    return Form{first, second, a && b, a || b};
  };
  const Form lattice = form("mass2", "lambda"), hopping = form("kappa", "hopping-lambda"), continuum = form("mu2", "g");
  if (static_cast<int>(lattice.any) + static_cast<int>(hopping.any) + static_cast<int>(continuum.any) > 1)
    throw UsageError("give the couplings in one form: --mass2 --lambda, or --kappa --hopping-lambda, or --mu2 --g");
  for (const Form& pair : {hopping, continuum})
    if (pair.any && !pair.both)
      throw UsageError(std::string("--") + pair.first + " and --" + pair.second + " belong together; one is missing");
  if (hopping.any && !(*kappa > 0))
    throw UsageError("--kappa is " + number_text(*kappa) + ", expected a number above 0");
  Phi4 result = hopping.any     ? from_hopping_form(*kappa, *hopping_lambda, dimensions)
                : continuum.any ? from_continuum_form(*mu2, *g)
                                : theory;
  result.field = theory.field;
  result.quadratic = theory.quadratic;
  return checked([&result] {
    result.validate();
    return result;
  });
}

double CouplingOptions::field_unit() const { return kappa ? std::sqrt(*kappa) : mu2 ? std::sqrt(0.5) : 1; }

} // namespace stint
