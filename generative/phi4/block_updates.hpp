#pragma once
// Exact updates of blocks of a lattice of any size, drawn by a model of a smaller one (THEORY 6).

#include "generative/path_sampler.hpp"
#include "lattice/phi4.hpp"

#include <vector>

namespace stint {

struct BlockUpdateSettings {
  std::vector<int> block;     ///< extents of what one proposal makes anew
  std::int64_t windows = 256; ///< drawn from the model to measure the variances of its paths with
};

/// Markov steps that leave exp(-S) on a periodic lattice as it is. The lattice is covered, from a random site on, by
/// windows of the extents of the model's lattice. In the middle of each a block is drawn by the model given the rest of
/// the window, as if this was periodic: for sites that are far from the window's edge it hardly matters. It is accepted
/// with probability min(1, exp(-dS) times the ratio of the weights of two paths): the proposal's, and one noised from
/// the present block (weighted_path(), noised_path()). Neither the model's errors nor the edge make the law wrong, they
/// are rejected.
///
/// Random numbers are keyed (seed; purpose, chain and window, update), whatever the ranks and threads; configurations
/// depend on these by rounding, as samples of a model do.
class BlockUpdates {
public:
  struct Outcome {
    torch::Tensor configurations; ///< (chains, 1, L1, ..., Ld) float32 on the CPU
    torch::Tensor log_acceptance; ///< (chains, windows) float64, the logarithm of what is compared with 1
    torch::Tensor accepted;       ///< (chains, windows) bool
  };

  /// `model`: drift, layout of the window, reference and device of a law close to exp(-S) on the window; its schedule
  /// is followed. `theory` is S. Throws std::invalid_argument for lattices smaller than the window and for blocks that
  /// do not leave two sites on either side.
  BlockUpdates(Sampler model, const Phi4& theory, Geometry lattice, const BlockUpdateSettings& settings,
               std::uint64_t seed);

  /// Update number `update` of chains first_chain, first_chain + 1, ....
  Outcome operator()(const torch::Tensor& configurations, std::int64_t first_chain, std::int64_t update) const;

  std::int64_t windows() const { return windows_; } ///< of a configuration, each with one block

private:
  std::vector<std::int64_t> offset(std::int64_t update) const;

  Phi4 theory_;
  Geometry lattice_;
  std::uint64_t seed_;
  std::vector<std::int64_t> along_; // windows along each axis
  std::int64_t windows_ = 1;
  PathSampler paths_;
};

} // namespace stint
