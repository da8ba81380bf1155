#pragma once
// Passes of kicks and drifts of one action over one lattice, whole or in regions.

#include "lattice/geometry.hpp"
#include "mcmc/kernels/kernels.hpp"
#include "mcmc/lane_use.hpp"
#include "mcmc/lattice_action.hpp"

#include <cstdint>
#include <vector>

namespace stint {

/// Passes over the lattice of one lane (the whole one unless lanes are blocks). Its sites fall into rows, the sites
/// along the last direction, numbered row-major by the other directions.
template<class Real> class LatticePass {
public:
  LatticePass(const Geometry& geometry, LatticeAction<Real> action, const Kernels<Real>& kernels,
              LaneUse use = LaneUse::chains);

  /// The same for one of the actions.
  template<Action A>
  LatticePass(const Geometry& geometry, const A& action, const Kernels<Real>& kernels, LaneUse use = LaneUse::chains)
      : LatticePass(geometry, LatticeAction<Real>(action, geometry.dimensions()), kernels, use) {}

  /// A pass with the action and the shape filled in; it points into this object.
  KickDrift<Real> prepared(const Real* phi, Real* pi, double kick) const;

  void operator()(const KickDrift<Real>& pass, const Region& region) const { kick_drift_(pass, region); }
  void operator()(const KickDrift<Real>& pass) const { kick_drift_(pass, whole()); }

  /// The energies of a state that stays as it is; pi has to hold numbers.
  Energies energies(const Real* phi, Real* pi) const;

  /// Puts the normals of the lattice's sites into the field `out`, those of one region; lane_stride is set here.
  void draw(LaneStreams streams, const Region& region, Real* out) const;

  Region whole() const { return {0, rows_, 0, common_.extent}; }
  const Kernels<Real>& kernels() const { return *kernels_; }
  const LaneLayout& layout() const { return layout_; }

private:
  LatticeAction<Real> action_;
  const Kernels<Real>* kernels_;
  KickDriftKernel<Real> kick_drift_;
  LaneLayout layout_;
  KickDrift<Real> common_;
  std::int64_t rows_ = 1;
  std::vector<std::int32_t> row_neighbours_;
};

} // namespace stint
