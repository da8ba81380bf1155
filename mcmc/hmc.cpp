#include "mcmc/hmc.hpp"

#include "lattice/number_text.hpp"
#include "lattice/random.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace stint {

Integrator parse_integrator(std::string_view name) {
  if (name == "leapfrog")
    return Integrator::leapfrog;
  if (name == "omelyan")
    return Integrator::omelyan;
  if (name == "omelyan4")
    return Integrator::omelyan4;
  throw std::invalid_argument("the integrators are leapfrog, omelyan and omelyan4; there is no '" + std::string(name) +
                              "'");
}

void HmcSettings::validate() const {
  if (!(std::isfinite(step_size) && step_size > 0))
    throw std::invalid_argument("the step size of HMC must be a positive number, not " + number_text(step_size));
  if (steps < 1 || steps > most_steps)
    throw std::invalid_argument("a trajectory has 1 to " + std::to_string(most_steps) + " steps, not " +
                                std::to_string(steps));
  if (!(jitter >= 0 && jitter < 1))
    throw std::invalid_argument("the jitter of the step size must be at least 0 and below 1, not " +
                                number_text(jitter));
  if (fourier_mass2 && !(std::isfinite(*fourier_mass2) && *fourier_mass2 > 0))
    throw std::invalid_argument("the squared mass of Fourier acceleration must be a positive number, not " +
                                number_text(*fourier_mass2));
}

double step_size_of(const HmcSettings& settings, std::uint64_t seed, std::uint32_t trajectory) {
  const double u = Stream{seed, Purpose::jitter, 0, trajectory}.uniform(0);
  return settings.step_size * (1 + settings.jitter * (2 * u - 1));
}

void UpdateSettings::validate() const {
  hmc.validate();
  if (cluster_sweeps < 0)
    throw std::invalid_argument("an update cannot have " + std::to_string(cluster_sweeps) + " cluster sweeps");
}

} // namespace stint
