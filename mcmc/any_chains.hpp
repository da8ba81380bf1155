#pragma once
// What a run needs of its Markov chains, whatever moves them.

#include "mcmc/hmc.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace stint {

/// Chains first_chain, first_chain + 1, ... of a run, whose history does not depend on where it was stopped.
template<class Real> class AnyChains {
public:
  virtual ~AnyChains() = default;

  /// Other settings of HMC from the next update on, for chains that HMC moves.
  virtual void set_hmc(const HmcSettings& settings) = 0;

  /// phi = width * N(0, 1) at trajectory 0.
  virtual void start_hot(double width = 0.1) = 0;

  /// Continues from configurations (chains, V) which `trajectory` updates have led to.
  virtual void restore(std::span<const Real> configurations, std::int64_t trajectory) = 0;

  /// One update of every chain; info has one entry a chain.
  virtual void advance(std::span<TrajectoryInfo> info) = 0;

  /// Copies the present configurations, (chains, V) row-major.
  virtual void configurations(std::span<Real> out) const = 0;

protected:
  AnyChains() = default;
  AnyChains(const AnyChains&) = default;
  AnyChains& operator=(const AnyChains&) = default;
  AnyChains(AnyChains&&) = default;
  AnyChains& operator=(AnyChains&&) = default;
};

/// Makes the chains first, ..., first + count - 1 of a run, at phi = 0.
template<class Real>
using MakeChains =
    std::function<std::unique_ptr<AnyChains<Real>>(const HmcSettings& hmc, std::int64_t first, std::int64_t count)>;

} // namespace stint
