#pragma once
// Hamilton's equations for one group of chains, the lattice in tiles of space and time that stay in cache.

#include "mcmc/dynamics.hpp"

namespace stint {

/// T = (1/2) sum_x pi_x^2: a trajectory with the same operations as reference_dynamics(), on `lanes` chains.
///
/// One stage of a whole lattice would stream three fields through the cache. Instead `depth` stages run as a wave in
/// tiles. Let x be the first coordinate (the plane) and y the second, cut in `tile` positions a block (in d = 2 those
/// are sites of a row; d = 1 has only y). Stage s needs stage s - 1 at the nearest neighbours. With the skewed
/// positions
///   p = (x - s) mod Lx,   f = p + 2 s,   and the same for y,
/// no stage needs a neighbour of larger f, the periodic boundary included, and none overwrites what is still wanted.
/// Blocks of f in order, and the stages in order within a block, are therefore right; the results do not depend on
/// depth and tile except for the order in which energies are summed.
template<class Real> class TiledDynamics {
public:
  struct Tiling {
    int depth = 1; ///< stages in one wave
    int tile = 0;  ///< positions y a block; 0: all of them
  };

  explicit TiledDynamics(LatticePass<Real> pass);

  Proposal<Real> propose(std::span<const Stage> stages, const LaneStreams& momenta, const Real* start,
                         const Workspace<Real>& workspace) const {
    return move(stages, start, workspace, &momenta);
  }

  /// A trajectory from (start, pi). With `momenta` pi is drawn first, each site just before it is needed.
  Proposal<Real> move(std::span<const Stage> stages, const Real* start, const Workspace<Real>& workspace,
                      const LaneStreams* momenta = nullptr) const;

  const LatticePass<Real>& pass() const { return pass_; }
  std::int64_t modes_size() const { return 0; }

  Tiling tiling() const { return tiling_; }
  void set_tiling(Tiling tiling) { tiling_ = tiling; } ///< for tests and measurements

private:
  /// What one wave runs: the passes of consecutive stages.
  struct Wave {
    std::span<const KickDrift<Real>> passes;
    const LaneStreams* momenta = nullptr; ///< of the first pass
  };
  void run(const Wave& wave) const;
  void run_part(const Wave& wave, int s, int plane, int first, int count) const;

  LatticePass<Real> pass_;
  int planes_ = 1;                    // positions x
  int positions_ = 1;                 // positions y
  std::int64_t rows_of_position_ = 0; // rows with the same x and y; 0: positions y are sites
  Tiling tiling_;
};

} // namespace stint
