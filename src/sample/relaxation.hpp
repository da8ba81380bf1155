#pragma once
// HMC on the target action after a flow: short distances equilibrate in a few trajectories, the model has already
// placed the long ones (THEORY 6).

#include "generative/torch.hpp"
#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "mcmc/relax.hpp"

#include <cstdint>
#include <functional>

namespace stint {

struct Relaxation {
  std::int64_t trajectories = 0; ///< of each configuration
  HmcSettings hmc;
  Geometry geometry;
  Phi4 theory;
  torch::Tensor held;                     ///< (L1, ..., Ld) bool, sites that stay as they are; undefined: none
  std::function<bool()> interrupted = {}; ///< asked before every trajectory

  /// Replaces configurations (count, L1, ..., Ld), float32 on the CPU, the samples first, ..., first + count - 1 of a
  /// run; the result is a function of (seed, sample), whatever the batches. A thin layer over mcmc/relax.hpp. Throws
  /// Interrupted if it was.
  RelaxReport operator()(torch::Tensor& configurations, std::uint64_t seed, std::int64_t first) const;
};

} // namespace stint
