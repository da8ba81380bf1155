#include "mcmc/held_dynamics.hpp"

#include <algorithm>

namespace stint {

template<class Real>
Proposal<Real> move_unheld(const LatticeSweep<Real>& sweep, std::span<const Stage> stages,
                           std::span<const std::int64_t> held, const Real* start, Real* pi, Workspace<Real> workspace) {
  const auto stop = [&] {
    for (const std::int64_t site : held)
      std::fill_n(pi + site * lanes, lanes, Real{0});
  };
  Proposal<Real> proposal;
  stop();
  proposal.start = sweep.energies(start, pi);
  const Real* phi = start;
  Real* next = workspace.first;
  for (const Stage& stage : stages) {
    auto step = sweep.prepared(phi, pi, stage.kick);
    Energies unused; // a sweep either drifts or measures
    if (stage.drift == 0) {
      step.after = &unused;
      sweep(step);
      stop();
      continue;
    }
    step.out = next;
    step.drift = static_cast<Real>(stage.drift);
    sweep(step);
    stop();
    for (const std::int64_t site : held)
      std::copy_n(start + site * lanes, lanes, next + site * lanes);
    phi = next;
    next = next == workspace.first ? workspace.second : workspace.first;
  }
  proposal.phi = phi;
  proposal.end = sweep.energies(phi, pi);
  return proposal;
}

template Proposal<float> move_unheld(const LatticeSweep<float>&, std::span<const Stage>, std::span<const std::int64_t>,
                                     const float*, float*, Workspace<float>);
template Proposal<double> move_unheld(const LatticeSweep<double>&, std::span<const Stage>,
                                      std::span<const std::int64_t>, const double*, double*, Workspace<double>);

} // namespace stint
