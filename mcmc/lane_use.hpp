#pragma once
// What the lanes of a vector register are used for.

#include "lattice/geometry.hpp"
#include "mcmc/kernels/kernels.hpp"

#include <cstdint>
#include <vector>

namespace stint {

/// Fields lie [site][lane] in memory, a group of `lanes` numbers a site. The lanes are either as many chains, or, where
/// those would not fit a cache, blocks of one chain. Every site moves by the same operations either way.
enum class LaneUse { chains, blocks };

/// Blocks: one direction, the last in d <= 2 and the last but one above (so that rows, the sites along the last
/// direction, stay long), is cut into `lanes` blocks of n = L / lanes, and the lattice of a lane is n long there.
class LaneLayout {
public:
  LaneLayout(const Geometry& geometry, LaneUse use);

  /// Whether blocks can be: the direction is a multiple of lanes, and lanes lie whole blocks of random numbers apart.
  static bool allows_blocks(const Geometry& geometry);

  LaneUse use() const { return use_; }
  const std::vector<int>& extents() const { return extents_; }                ///< of the lattice of one lane
  std::int64_t sites() const { return sites_; }                               ///< of the lattice of one lane
  std::int64_t chains() const { return use_ == LaneUse::chains ? lanes : 1; } ///< of a group
  std::int64_t size() const { return sites_ * lanes; }                        ///< numbers of a group

  /// Where in a group a site of the lattice lies; `chain` is that of the group, 0 with blocks.
  std::int64_t index(std::int64_t site, std::int64_t chain) const {
    if (use_ == LaneUse::chains)
      return site * lanes + chain;
    const std::int64_t slab = site / (lanes * stride_), rest = site % (lanes * stride_);
    return (slab * stride_ + rest % stride_) * lanes + rest / stride_;
  }

  /// With blocks, sites of the lattice from a site in one lane to the same in the next; also the sites of a lane that
  /// follow one another in both numberings.
  std::int64_t stride() const { return stride_; }

private:
  LaneUse use_;
  std::vector<int> extents_;
  std::int64_t sites_, stride_;
};

/// The energies of one chain of a group.
struct ChainEnergies {
  ChainEnergies(const Energies& group, LaneUse use, std::int64_t chain);
  double action = 0, kinetic = 0, sum_phi = 0, virial_terms = 0;
};

} // namespace stint
