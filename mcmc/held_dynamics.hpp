#pragma once
// Hamilton's equations for some sites only: HMC of a conditional law.

#include "mcmc/dynamics.hpp"

#include <vector>

namespace stint {

/// The trajectory of TiledDynamics in which the `held` sites have no momentum and do not move; whole lattices stage by
/// stage, lanes are chains. T is that of the others, S that of all sites.
template<class Real> class HeldDynamics {
public:
  HeldDynamics(LatticePass<Real> pass, std::vector<std::int64_t> held)
      : pass_(std::move(pass)), held_(std::move(held)) {}

  Proposal<Real> propose(std::span<const Stage> stages, const LaneStreams& momenta, const Real* start,
                         const Workspace<Real>& workspace) const;

  const LatticePass<Real>& pass() const { return pass_; }
  std::int64_t modes_size() const { return 0; }

private:
  LatticePass<Real> pass_;
  std::vector<std::int64_t> held_;
};

} // namespace stint
