#pragma once
// Sweeps of one theory on one lattice, whole or in regions.

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "mcmc/kernels/kernels.hpp"
#include "mcmc/lane_use.hpp"

#include <cstdint>
#include <vector>

namespace stint {

/// Sweeps over the lattice of one lane (the whole one unless lanes are blocks). Its sites fall into rows, the sites
/// along the last direction, numbered row-major by the other directions.
template<class Real> class LatticeSweep {
public:
  LatticeSweep(const Geometry& geometry, const Phi4& theory, const Kernels<Real>& kernels,
               LaneUse use = LaneUse::chains);

  /// A sweep with the couplings and the shape filled in; it points into this object.
  Sweep<Real> prepared(const Real* phi, Real* pi, double kick) const;

  void operator()(const Sweep<Real>& sweep, const Region& region) const { kernels_->sweep(sweep, region); }
  void operator()(const Sweep<Real>& sweep) const { kernels_->sweep(sweep, whole()); }

  /// The energies of a state that stays as it is; pi has to hold numbers.
  Energies energies(const Real* phi, Real* pi) const;

  /// Puts the normals of the lattice's sites into the field `out`, those of one region; lane_stride is set here.
  void draw(LaneStreams streams, const Region& region, Real* out) const;

  Region whole() const { return {0, rows_, 0, common_.extent}; }
  const Kernels<Real>& kernels() const { return *kernels_; }
  const LaneLayout& layout() const { return layout_; }

private:
  const Kernels<Real>* kernels_;
  LaneLayout layout_;
  Sweep<Real> common_;
  std::int64_t rows_ = 1;
  std::vector<std::int32_t> row_neighbours_;
};

} // namespace stint
