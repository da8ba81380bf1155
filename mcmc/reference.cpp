#include "mcmc/reference.hpp"

#include "lattice/random.hpp"
#include "mcmc/metropolis.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace stint {

void reference_leapfrog(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                        std::span<double> phi, std::span<double> pi) {
  std::vector<double> force_of_phi(phi.size());
  const auto kick = [&](double time) {
    force<double>(geometry, theory, phi, force_of_phi);
    for (std::size_t x = 0; x < pi.size(); ++x)
      pi[x] += time * force_of_phi[x];
  };
  const double step = settings.step_size;
  kick(step / 2);
  for (int i = 1; i <= settings.steps; ++i) {
    for (std::size_t x = 0; x < phi.size(); ++x)
      phi[x] += step * pi[x];
    kick(i < settings.steps ? step : step / 2);
  }
}

template<class Momenta>
TrajectoryInfo reference_trajectory(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                                    std::uint64_t seed, std::uint32_t chain, std::uint32_t trajectory,
                                    std::span<double> phi) {
  const auto hamiltonian = [&](std::span<const double> q, std::span<const double> p) {
    return action(geometry, theory, q) + std::inner_product(p.begin(), p.end(), p.begin(), 0.0) / 2;
  };
  std::vector<Momenta> draws(phi.size());
  Stream{seed, Purpose::momenta, chain, trajectory}.normals(draws);
  std::vector<double> pi(draws.begin(), draws.end()), proposal(phi.begin(), phi.end());
  const double start = hamiltonian(phi, pi);
  reference_leapfrog(geometry, theory, settings, proposal, pi);
  const double delta_h = hamiltonian(proposal, pi) - start;
  const bool accepted = metropolis_accepts(delta_h, Stream{seed, Purpose::acceptance, chain, trajectory}.uniform(0));
  if (accepted)
    std::copy(proposal.begin(), proposal.end(), phi.begin());
  const double sum = std::accumulate(phi.begin(), phi.end(), 0.0);
  return {static_cast<float>(action<double>(geometry, theory, phi)),
          static_cast<float>(sum / static_cast<double>(geometry.volume())), static_cast<float>(delta_h), accepted};
}

template TrajectoryInfo reference_trajectory<float>(const Geometry&, const Phi4&, const HmcSettings&, std::uint64_t,
                                                    std::uint32_t, std::uint32_t, std::span<double>);
template TrajectoryInfo reference_trajectory<double>(const Geometry&, const Phi4&, const HmcSettings&, std::uint64_t,
                                                     std::uint32_t, std::uint32_t, std::span<double>);

} // namespace stint
