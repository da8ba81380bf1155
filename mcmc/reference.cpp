#include "mcmc/reference.hpp"

#include "lattice/action.hpp"
#include "lattice/random.hpp"
#include "mcmc/fourier_metric.hpp"
#include "mcmc/integrator.hpp"
#include "mcmc/metropolis.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>
#include <vector>

namespace stint {
namespace {

/// k x for all sites x and modes k, numbered alike: entry [k V + x].
std::vector<double> phases(const Geometry& geometry) {
  const std::int64_t volume = geometry.volume();
  std::vector<double> phases(volume * volume);
  for (std::int64_t k = 0; k < volume; ++k)
    for (std::int64_t x = 0; x < volume; ++x) {
      std::int64_t site = x, mode = k;
      for (int mu = geometry.dimensions() - 1; mu >= 0; --mu) {
        const int extent = geometry.extents()[mu];
        phases[k * volume + x] +=
            2 * std::numbers::pi * static_cast<double>((mode % extent) * (site % extent)) / extent;
        mode /= extent;
        site /= extent;
      }
    }
  return phases;
}

/// K^power field with K of mcmc/fourier_metric.hpp, or the field itself without Fourier acceleration.
std::vector<double> metric_times(const Geometry& geometry, const HmcSettings& settings, double power,
                                 std::span<const double> field) {
  if (!settings.fourier_mass2)
    return {field.begin(), field.end()};
  const std::int64_t volume = geometry.volume();
  const auto kinetic = fourier_kinetic(geometry, *settings.fourier_mass2);
  const auto phase = phases(geometry);
  std::vector<double> product(volume);
  for (std::int64_t k = 0; k < volume; ++k) {
    std::complex<double> mode = 0;
    for (std::int64_t x = 0; x < volume; ++x)
      mode += field[x] * std::polar(1.0, -phase[k * volume + x]);
    mode *= std::pow(kinetic[k], power) / static_cast<double>(volume);
    for (std::int64_t x = 0; x < volume; ++x)
      product[x] += std::real(mode * std::polar(1.0, phase[k * volume + x]));
  }
  return product;
}

/// (1/V) sum_x phi_x dS/dphi_x
double virial(const Geometry& geometry, const Phi4& theory, std::span<const double> phi) {
  std::vector<double> forces(phi.size());
  force<double>(geometry, theory, phi, forces);
  return -std::inner_product(phi.begin(), phi.end(), forces.begin(), 0.0) / static_cast<double>(geometry.volume());
}

} // namespace

void reference_dynamics(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                        std::span<double> phi, std::span<double> pi) {
  std::vector<double> forces(phi.size());
  for (const Stage& stage : trajectory_stages(settings.integrator, settings.step_size, settings.steps)) {
    force<double>(geometry, theory, phi, forces);
    for (std::size_t x = 0; x < pi.size(); ++x)
      pi[x] += stage.kick * forces[x];
    if (stage.drift == 0)
      continue;
    const auto velocity = metric_times(geometry, settings, 1, pi);
    for (std::size_t x = 0; x < phi.size(); ++x)
      phi[x] += stage.drift * velocity[x];
  }
}

double reference_hamiltonian(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                             std::span<const double> phi, std::span<const double> pi) {
  const auto velocity = metric_times(geometry, settings, 1, pi);
  return action(geometry, theory, phi) + std::inner_product(pi.begin(), pi.end(), velocity.begin(), 0.0) / 2;
}

template<class Momenta>
TrajectoryInfo reference_trajectory(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                                    std::uint64_t seed, std::uint32_t chain, std::uint32_t trajectory,
                                    std::span<double> phi) {
  std::vector<Momenta> draws(phi.size());
  Stream{seed, Purpose::momenta, chain, trajectory}.normals(draws);
  const std::vector<double> noise(draws.begin(), draws.end());
  std::vector<double> pi = metric_times(geometry, settings, -0.5, noise), proposal(phi.begin(), phi.end());
  HmcSettings now = settings;
  now.step_size = step_size_of(settings, seed, trajectory);
  const double start = reference_hamiltonian(geometry, theory, settings, phi, pi);
  reference_dynamics(geometry, theory, now, proposal, pi);
  const double delta_h = reference_hamiltonian(geometry, theory, settings, proposal, pi) - start;
  const bool accepted = metropolis_accepts(delta_h, Stream{seed, Purpose::acceptance, chain, trajectory}.uniform(0));
  if (accepted)
    std::copy(proposal.begin(), proposal.end(), phi.begin());
  const double sum = std::accumulate(phi.begin(), phi.end(), 0.0);
  return {.action = static_cast<float>(action<double>(geometry, theory, phi)),
          .magnetisation = static_cast<float>(sum / static_cast<double>(geometry.volume())),
          .delta_h = static_cast<float>(delta_h),
          .virial = static_cast<float>(virial(geometry, theory, phi)),
          .accepted = accepted};
}

template TrajectoryInfo reference_trajectory<float>(const Geometry&, const Phi4&, const HmcSettings&, std::uint64_t,
                                                    std::uint32_t, std::uint32_t, std::span<double>);
template TrajectoryInfo reference_trajectory<double>(const Geometry&, const Phi4&, const HmcSettings&, std::uint64_t,
                                                     std::uint32_t, std::uint32_t, std::span<double>);

} // namespace stint
