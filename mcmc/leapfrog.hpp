#pragma once
// Leapfrog of one group of chains, planes of the lattice in an order that keeps them in cache.

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "mcmc/hmc.hpp"
#include "mcmc/kernels/kernels.hpp"

#include <cstdint>
#include <vector>

namespace stint {

/// The two buffers between which leapfrog moves the field, [site][lane] each. The start stays as it is.
template<class Real> struct Workspace {
  Real* first = nullptr;
  Real* second = nullptr;
};

/// Where leapfrog ended: the field lies in one of the workspace's buffers, the momenta in those it was given.
template<class Real> struct Proposal {
  const Real* phi = nullptr;
  Energies start, end;
};

/// Leapfrog with the same operations as reference_leapfrog(), on `lanes` chains.
///
/// One step of a whole lattice streams four fields through the cache. Instead up to `depth()` steps follow one another
/// at a distance of one plane (the sites with the same first coordinate; in d = 1 the whole chain is one plane): step s
/// may do a plane once step s - 1 has done it and both its neighbours. Because of the periodic boundary step s begins
/// at plane s. The results do not depend on the depth except for the order in which energies are summed.
template<class Real> class Leapfrog {
public:
  Leapfrog(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings, const Kernels<Real>& kernels);

  Proposal<Real> operator()(const Real* start, Real* pi, Workspace<Real> workspace) const;

  int depth() const { return depth_; }

private:
  void wave(const Sweep<Real>* steps, int count) const;

  const Kernels<Real>* kernels_;
  HmcSettings settings_;
  Sweep<Real> sweep_; // what all sweeps have in common
  std::vector<std::int32_t> row_neighbours_;
  int planes_ = 1;
  std::int64_t rows_of_plane_ = 1;
  int depth_ = 1;
};

} // namespace stint
