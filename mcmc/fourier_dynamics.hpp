#pragma once
// Hamilton's equations with the kinetic energy of Fourier acceleration, for one group of chains.

#include "mcmc/fourier_metric.hpp"
#include "mcmc/molecular_dynamics.hpp"

namespace stint {

/// H = S(phi) + (1/2) pi K pi with K of mcmc/fourier_metric.hpp: a drift is phi += time K pi. The same interface as
/// MolecularDynamics, whose sweeps it kicks with, but a workspace with room for the modes.
template<class Real> class FourierDynamics {
public:
  FourierDynamics(const Geometry& geometry, double mass2) : metric_(geometry, mass2) {}

  /// Momenta of the law exp(-(1/2) pi K pi).
  void draw_momenta(const Kernels<Real>& kernels, const LaneStreams& streams, std::int64_t sites, Real* pi,
                    Real* modes) const;

  /// The field ends in workspace.first. `modes` is room for metric().modes_size() numbers.
  Proposal<Real> operator()(const LatticeSweep<Real>& sweep, std::span<const Stage> stages, const Real* start, Real* pi,
                            Workspace<Real> workspace, Real* modes) const;

  const FourierMetric<Real>& metric() const { return metric_; }

private:
  FourierMetric<Real> metric_;
};

} // namespace stint
