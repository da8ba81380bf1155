#include "mcmc/held_dynamics.hpp"

#include <algorithm>

namespace stint {

template<class Real>
Proposal<Real> HeldDynamics<Real>::propose(std::span<const Stage> stages, const LaneStreams& momenta, const Real* start,
                                           const Workspace<Real>& workspace) const {
  Real* const pi = workspace.pi;
  const auto stop = [&] {
    for (const std::int64_t site : held_)
      std::fill_n(pi + site * lanes, lanes, Real{0});
  };
  Proposal<Real> proposal;
  pass_.draw(momenta, pass_.whole(), pi);
  stop();
  proposal.start = pass_.energies(start, pi);
  const Real* phi = start;
  Real* next = workspace.first;
  for (const Stage& stage : stages) {
    auto step = pass_.prepared(phi, pi, stage.kick);
    Energies unused; // a pass either drifts or measures
    if (stage.drift == 0) {
      step.after = &unused;
      pass_(step);
      stop();
      continue;
    }
    step.out = next;
    step.drift = static_cast<Real>(stage.drift);
    pass_(step);
    stop();
    for (const std::int64_t site : held_)
      std::copy_n(start + site * lanes, lanes, next + site * lanes);
    phi = next;
    next = next == workspace.first ? workspace.second : workspace.first;
  }
  proposal.phi = phi;
  proposal.end = pass_.energies(phi, pi);
  return proposal;
}

template class HeldDynamics<float>;
template class HeldDynamics<double>;

} // namespace stint
