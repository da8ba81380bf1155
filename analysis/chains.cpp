#include "analysis/chains.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>

namespace stint {

Chains split_chains(std::span<const std::int64_t> chain, std::span<const std::int64_t> trajectory) {
  if (chain.size() != trajectory.size())
    throw std::invalid_argument(std::to_string(chain.size()) + " chain numbers for " +
                                std::to_string(trajectory.size()) + " trajectory numbers");
  Chains chains;
  chains.order.resize(chain.size());
  std::iota(chains.order.begin(), chains.order.end(), 0);
  std::ranges::stable_sort(chains.order, {}, [&](std::int64_t i) { return std::tuple(chain[i], trajectory[i]); });

  bool spacing_known = false;
  for (std::size_t k = 0; k < chains.order.size(); ++k) {
    const std::int64_t i = chains.order[k];
    const std::int64_t previous = k == 0 ? i : chains.order[k - 1];
    if (k == 0 || chain[i] != chain[previous]) {
      chains.lengths.push_back(1);
      continue;
    }
    ++chains.lengths.back();
    const std::int64_t step = trajectory[i] - trajectory[previous];
    if (!spacing_known)
      chains.spacing = step;
    spacing_known = true;
    if (step != chains.spacing || step == 0)
      throw std::invalid_argument("chain " + std::to_string(chain[i]) + " goes from trajectory " +
                                  std::to_string(trajectory[previous]) + " to " + std::to_string(trajectory[i]) +
                                  ", but error analysis needs one constant positive step in all chains" +
                                  (step == 0 ? "" : ", here " + std::to_string(chains.spacing)));
  }
  return chains;
}

} // namespace stint
