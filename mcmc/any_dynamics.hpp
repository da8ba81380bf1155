#pragma once
// The algorithms of molecular dynamics that there are. A new one is a file that satisfies Dynamics, an entry of the
// variant and a line of make_dynamics().

#include "mcmc/fourier_dynamics.hpp"
#include "mcmc/held_dynamics.hpp"
#include "mcmc/hmc.hpp"
#include "mcmc/tiled_dynamics.hpp"

#include <cstdint>
#include <variant>
#include <vector>

namespace stint {

static_assert(Dynamics<TiledDynamics<float>, float> && Dynamics<TiledDynamics<double>, double>);
static_assert(Dynamics<FourierDynamics<float>, float> && Dynamics<FourierDynamics<double>, double>);
static_assert(Dynamics<HeldDynamics<float>, float> && Dynamics<HeldDynamics<double>, double>);

template<class Real> using AnyDynamics = std::variant<TiledDynamics<Real>, FourierDynamics<Real>, HeldDynamics<Real>>;

/// What decides which dynamics moves the chains.
struct DynamicsChoice {
  HmcSettings hmc;
  std::vector<std::int64_t> held; ///< sites that do not move
  bool lanes_are_chains = false;  ///< because something else needs it
};

/// The dynamics of these settings. Lanes are chains where the dynamics needs it or `lanes` chains together fit a cache,
/// else blocks of one chain if the lattice allows it.
template<class Real>
AnyDynamics<Real> make_dynamics(const Geometry& geometry, const LatticeAction<Real>& action,
                                const Kernels<Real>& kernels, const DynamicsChoice& choice);

} // namespace stint
