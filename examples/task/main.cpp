// A path of one's own with the exact drift of the free field, beside the closed forms: example_task [SAMPLES]

#include "analysis/estimate.hpp"
#include "examples/task/cascade.hpp"
#include "generative/phi4/free_field.hpp"
#include "generative/sampler.hpp"
#include "lattice/free_field.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

int main(int argc, char** argv) {
  using namespace stint;
  const std::int64_t samples = argc > 1 ? std::atoll(argv[1]) : 2000;
  const Geometry geometry({8, 8});
  const Phi4 theory{.mass2 = 0.5, .field = 0.3};
  const Sampler sampler{.drift = free_field_law(geometry, theory).drift(),
                        .layout = {geometry},
                        .task = examples::cascade({geometry}, 2),
                        .schedule = Schedule::uniform(12),
                        .solver = {.method = Method::rk4}};
  const auto made = sampler(1, 0, samples).configurations.contiguous();

  Measurements measurements{geometry, {}, {}, std::vector<double>(samples * primary_count)};
  for (std::int64_t n = 0; n < samples; ++n) {
    measurements.chain.push_back(n); // independent of each other
    measurements.trajectory.push_back(0);
  }
  measure<float>(geometry, theory, {made.data_ptr<float>(), static_cast<std::size_t>(made.numel())},
                 measurements.values);

  const FreeFieldMoments moments = free_field_moments(geometry, theory);
  const std::map<std::string, double> exact = {{"magnetisation", moments.magnetisation},
                                               {"magnetisation_squared", moments.magnetisation_squared},
                                               {"phi2", moments.phi2},
                                               {"nearest_neighbour", moments.nearest_neighbour},
                                               {"action_density", moments.action_density}};
  double worst = 0;
  for (const auto& [name, estimate, undefined] : estimate_all(measurements)) {
    const auto expected = exact.find(name);
    if (expected == exact.end())
      continue;
    const double z = (estimate.value - expected->second) / estimate.error;
    worst = std::fmax(worst, std::abs(z));
    std::printf("%-22s %9.5f +- %.5f   exact %9.5f   z %5.2f\n", name.c_str(), estimate.value, estimate.error,
                expected->second, z);
  }
  return worst < 4 ? 0 : 1;
}
