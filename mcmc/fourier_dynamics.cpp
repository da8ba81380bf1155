#include "mcmc/fourier_dynamics.hpp"

#include <algorithm>

namespace stint {

template<class Real>
Proposal<Real> FourierDynamics<Real>::propose(std::span<const Stage> stages, const LaneStreams& momenta,
                                              const Real* start, const Workspace<Real>& workspace) const {
  draw_momenta(momenta, workspace);
  return move(stages, start, workspace);
}

template<class Real>
void FourierDynamics<Real>::draw_momenta(const LaneStreams& streams, const Workspace<Real>& workspace) const {
  pass_.draw(streams, pass_.whole(), workspace.pi);
  metric_.momenta_from(workspace.pi, workspace.modes);
}

template<class Real>
Proposal<Real> FourierDynamics<Real>::move(std::span<const Stage> stages, const Real* start,
                                           const Workspace<Real>& workspace) const {
  const auto& [pi, first, second, modes] = workspace;
  Proposal<Real> proposal;
  double kinetic_at_start[lanes];
  metric_.kinetic_energy(pi, modes, kinetic_at_start);
  const std::int64_t size = pass_.layout().size();
  const Real* phi = start;
  for (const Stage& stage : stages) {
    KickDrift<Real> kick = pass_.prepared(phi, pi, stage.kick);
    if (&stage == &stages.front())
      kick.before = &proposal.start;
    if (&stage == &stages.back()) {
      kick.after = &proposal.end;
      pass_(kick);
      break;
    }
    pass_(kick);
    metric_.velocity(pi, second, modes);
    const auto time = static_cast<Real>(stage.drift);
    for (std::int64_t i = 0; i < size; ++i)
      first[i] = phi[i] + time * second[i];
    phi = first;
  }
  proposal.phi = phi;
  std::copy_n(kinetic_at_start, lanes, proposal.start.kinetic);
  metric_.kinetic_energy(pi, modes, proposal.end.kinetic);
  return proposal;
}

template class FourierDynamics<float>;
template class FourierDynamics<double>;

} // namespace stint
