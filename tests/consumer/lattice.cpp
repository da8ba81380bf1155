// Exact draws of the free field on 16x16: their action per site beside its expectation.

#include "lattice/action.hpp"
#include "lattice/free_field.hpp"

#include <cmath>
#include <cstdio>

int main() {
  const stint::Geometry geometry = stint::Geometry::parse("16x16");
  const stint::Phi4 theory{.mass2 = 0.5, .field = 0.2};
  constexpr int draws = 500;
  const auto volume = static_cast<double>(geometry.volume());

  double sum = 0, squares = 0;
  std::vector<double> phi(geometry.volume());
  for (std::uint32_t n = 0; n < draws; ++n) {
    const stint::Stream stream{.seed = 1, .purpose = stint::Purpose::free_field, .chain = n};
    stint::draw_free_field(geometry, theory, stream, phi);
    const double density = stint::action<double>(geometry, theory, phi) / volume;
    sum += density / draws;
    squares += density * density / draws;
  }
  const double error = std::sqrt((squares - sum * sum) / draws);
  const double exact = stint::free_field_moments(geometry, theory).action_density;
  std::printf("<S>/V %.4f +- %.4f, exact %.4f\n", sum, error, exact);
  return std::abs(sum - exact) < 4 * error ? 0 : 1;
}
