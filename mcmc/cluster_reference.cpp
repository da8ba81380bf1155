#include "mcmc/cluster_reference.hpp"

#include "lattice/random.hpp"
#include "mcmc/cluster.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace stint {

template<class Real>
void reference_cluster_sweep(const Geometry& geometry, const Phi4& theory, std::uint64_t seed, std::uint32_t chain,
                             std::uint32_t trajectory, int sweep, std::span<Real> phi) {
  const std::int64_t volume = geometry.volume(), ghost = volume;
  const Stream stream{seed, Purpose::cluster, chain, trajectory};
  const auto word = [&](std::int64_t i) {
    return stream.bits(
        static_cast<std::uint32_t>(sweep * ClusterSweep<Real>::blocks_per_sweep(geometry) + i / 4))[i % 4];
  };
  const std::int64_t words = (volume + 3) / 4 * 4; // of one direction
  const auto bonded = [&](int mu, std::int64_t x, Real doubled_coupling) {
    const Real u = (static_cast<Real>(word(mu * words + x)) + Real{0.5}) * Real{0x1p-32};
    return -std::log(u) < doubled_coupling;
  };

  std::vector<std::vector<std::int64_t>> partners(volume + 1); // the bonds of each site and of the ghost
  const auto bond = [&](std::int64_t x, std::int64_t y) {
    partners[x].push_back(y);
    partners[y].push_back(x);
  };
  for (std::int64_t x = 0; x < volume; ++x) {
    for (int mu = 0; mu < geometry.dimensions(); ++mu) {
      const std::int64_t y = geometry.neighbour(x, mu, +1);
      if (bonded(mu, x, 4 * (phi[x] * phi[y])))
        bond(x, y);
    }
    if (bonded(geometry.dimensions(), x, 2 * static_cast<Real>(theory.field) * phi[x]))
      bond(x, ghost);
  }

  std::vector<bool> visited(volume + 1, false);
  const auto visit_cluster = [&](std::int64_t start, Real factor) {
    std::vector<std::int64_t> to_visit{start};
    visited[start] = true;
    while (!to_visit.empty()) {
      const std::int64_t x = to_visit.back();
      to_visit.pop_back();
      if (x != ghost)
        phi[x] *= factor;
      for (const std::int64_t y : partners[x])
        if (!visited[y]) {
          visited[y] = true;
          to_visit.push_back(y);
        }
    }
  };
  visit_cluster(ghost, 1);
  for (std::int64_t x = 0; x < volume; ++x)
    if (!visited[x]) {
      const bool flips = word((geometry.dimensions() + 1) * words + x / 32) >> x % 32 & 1;
      visit_cluster(x, flips ? -1 : 1);
    }
}

template void reference_cluster_sweep(const Geometry&, const Phi4&, std::uint64_t, std::uint32_t, std::uint32_t, int,
                                      std::span<float>);
template void reference_cluster_sweep(const Geometry&, const Phi4&, std::uint64_t, std::uint32_t, std::uint32_t, int,
                                      std::span<double>);

} // namespace stint
