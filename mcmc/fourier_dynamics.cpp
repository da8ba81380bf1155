#include "mcmc/fourier_dynamics.hpp"

#include <algorithm>

namespace stint {

template<class Real>
void FourierDynamics<Real>::draw_momenta(const Kernels<Real>& kernels, const LaneStreams& streams, std::int64_t sites,
                                         Real* pi, Real* modes) const {
  kernels.normals(streams, 0, sites, pi);
  metric_.momenta_from(pi, modes);
}

template<class Real>
Proposal<Real> FourierDynamics<Real>::operator()(const LatticeSweep<Real>& sweep, std::span<const Stage> stages,
                                                 const Real* start, Real* pi, Workspace<Real> workspace,
                                                 Real* modes) const {
  Proposal<Real> proposal;
  double kinetic_at_start[lanes];
  metric_.kinetic_energy(pi, modes, kinetic_at_start);
  const std::int64_t size = sweep.layout().size();
  const Real* phi = start;
  for (const Stage& stage : stages) {
    Sweep<Real> kick = sweep.prepared(phi, pi, stage.kick);
    if (&stage == &stages.front())
      kick.before = &proposal.start;
    if (&stage == &stages.back()) {
      kick.after = &proposal.end;
      sweep(kick);
      break;
    }
    sweep(kick);
    metric_.velocity(pi, workspace.second, modes);
    const auto time = static_cast<Real>(stage.drift);
    for (std::int64_t i = 0; i < size; ++i)
      workspace.first[i] = phi[i] + time * workspace.second[i];
    phi = workspace.first;
  }
  proposal.phi = phi;
  std::copy_n(kinetic_at_start, lanes, proposal.start.kinetic);
  metric_.kinetic_energy(pi, modes, proposal.end.kinetic);
  return proposal;
}

template class FourierDynamics<float>;
template class FourierDynamics<double>;

} // namespace stint
