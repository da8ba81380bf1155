// All observables of an ensemble with errors; the ensemble is 1000 independent draws of the free field.

#include "analysis/estimate.hpp"
#include "lattice/free_field.hpp"

#include <cmath>
#include <cstdio>

int main() {
  const stint::Geometry geometry({8, 8});
  const stint::Phi4 theory{.mass2 = 0.5};
  constexpr std::uint32_t draws = 1000;
  const std::int64_t volume = geometry.volume();

  std::vector<double> configurations(draws * volume); // (N, V)
  stint::Measurements measurements{geometry, {}, {}, std::vector<double>(draws * stint::primary_count)};
  for (std::uint32_t n = 0; n < draws; ++n) {
    const std::span phi(configurations.data() + n * volume, volume);
    stint::draw_free_field(geometry, theory, {.seed = 1, .purpose = stint::Purpose::free_field, .chain = n}, phi);
    measurements.chain.push_back(n); // each draw is a chain of its own; of HMC: chain and trajectory
    measurements.trajectory.push_back(0);
  }
  stint::measure<double>(geometry, theory, configurations, measurements.values);

  const double exact = stint::free_field_moments(geometry, theory).phi2;
  double z = 100;
  for (const auto& [name, estimate, undefined] : stint::estimate_all(measurements)) {
    std::printf("%-28s %9.5f +- %.5f\n", name.c_str(), estimate.value, estimate.error);
    if (name == "phi2")
      z = (estimate.value - exact) / estimate.error;
  }
  std::printf("phi2 is %.5f exactly: z = %.2f\n", exact, z);
  return std::abs(z) < 4 ? 0 : 1;
}
