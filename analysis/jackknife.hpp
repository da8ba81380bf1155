#pragma once
// The blocked jackknife: errors of any function of means, with no derivative and no autocorrelation function.

#include "analysis/chains.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace stint {

/// A partition of the configurations of an ensemble into blocks that count as independent.
struct Blocks {
  std::vector<std::int32_t> of;    ///< (N) the block of each configuration, numbered as in the file
  std::vector<std::int64_t> sizes; ///< configurations of each block
  bool long_enough =
      true; ///< false: the blocks are shorter than asked for, or fewer than 16; errors are then too small
};

/// At most `most` blocks: whole chains in groups, which needs no autocorrelation time, where there are at least 64
/// chains, or at least 16 that are too short to cut; else pieces of chains, each of at least `shortest` trajectories
/// (10 tau_int leave an error that is about 5 % too small) as long as there are at least 16 of them in all.
Blocks make_blocks(const Chains& chains, double shortest, std::int64_t most = 128);

/// (blocks, columns) means within each block, and the sizes of the blocks.
struct BlockMeans {
  std::vector<std::int64_t> sizes;
  std::vector<double> values;

  std::int64_t columns() const { return std::ssize(values) / std::ssize(sizes); }
  std::vector<double> mean() const; ///< (columns) over all configurations
};

struct ValueError {
  double value = 0;
  double error = 0;
};

/// The values F(means) of a function of the means of the columns, with their errors: the jackknife that leaves out
/// one block at a time, for blocks of unequal size (Busing, Meijer & van der Leeden, doi:10.1023/A:1008800423698). With
/// h_j = N/m_j and F_j without block j of m_j configurations, the pseudo-values f_j = h_j F - (h_j - 1) F_j give
///   error^2 = (1/g) sum_j (f_j - fbar)^2 / (h_j - 1),  fbar = sum_j f_j/h_j.
/// A value or error is NaN where F is, for all configurations or without one block. Needs 2 blocks.
std::vector<ValueError> jackknife(const BlockMeans& blocks,
                                  const std::function<std::vector<double>(std::span<const double>)>& function);

} // namespace stint
