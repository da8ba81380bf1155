#pragma once
// Hamilton's equations with the kinetic energy of Fourier acceleration, for one group of chains.

#include "mcmc/dynamics.hpp"
#include "mcmc/fourier_metric.hpp"

namespace stint {

/// T = (1/2) pi K pi with K of mcmc/fourier_metric.hpp: a drift is phi += time K pi. Lanes are chains.
template<class Real> class FourierDynamics {
public:
  FourierDynamics(LatticePass<Real> pass, const Geometry& geometry, double mass2)
      : pass_(std::move(pass)), metric_(geometry, mass2) {}

  Proposal<Real> propose(std::span<const Stage> stages, const LaneStreams& momenta, const Real* start,
                         const Workspace<Real>& workspace) const;

  /// Momenta of the law exp(-T).
  void draw_momenta(const LaneStreams& streams, const Workspace<Real>& workspace) const;

  /// A trajectory from (start, pi). phi ends in the first buffer.
  Proposal<Real> move(std::span<const Stage> stages, const Real* start, const Workspace<Real>& workspace) const;

  const LatticePass<Real>& pass() const { return pass_; }
  std::int64_t modes_size() const { return metric_.modes_size(); }

private:
  LatticePass<Real> pass_;
  FourierMetric<Real> metric_;
};

} // namespace stint
