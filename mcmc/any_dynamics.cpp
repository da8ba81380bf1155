#include "mcmc/any_dynamics.hpp"

namespace stint {
namespace {

template<class Real> LaneUse best_lane_use(const Geometry& geometry) {
  constexpr std::int64_t cache = 2 << 20; // bytes
  const std::int64_t group_bytes = 3 * lanes * geometry.volume() * static_cast<std::int64_t>(sizeof(Real));
  return group_bytes <= cache || !LaneLayout::allows_blocks(geometry) ? LaneUse::chains : LaneUse::blocks;
}

} // namespace

template<class Real>
AnyDynamics<Real> make_dynamics(const Geometry& geometry, const LatticeAction<Real>& action,
                                const Kernels<Real>& kernels, const DynamicsChoice& choice) {
  const auto pass = [&](LaneUse use) { return LatticePass<Real>(geometry, action, kernels, use); };
  if (choice.hmc.fourier_mass2)
    return FourierDynamics<Real>(pass(LaneUse::chains), geometry, *choice.hmc.fourier_mass2);
  if (!choice.held.empty())
    return HeldDynamics<Real>(pass(LaneUse::chains), choice.held);
  return TiledDynamics<Real>(pass(choice.lanes_are_chains ? LaneUse::chains : best_lane_use<Real>(geometry)));
}

template AnyDynamics<float> make_dynamics(const Geometry&, const LatticeAction<float>&, const Kernels<float>&,
                                          const DynamicsChoice&);
template AnyDynamics<double> make_dynamics(const Geometry&, const LatticeAction<double>&, const Kernels<double>&,
                                           const DynamicsChoice&);

} // namespace stint
