#pragma once
// The actions that HMC has kernels for.

#include "lattice/phi4.hpp"

#include <concepts>

namespace stint {

template<class... A> struct ActionList {
  static constexpr int count = sizeof...(A);

  /// The place of an action in the list.
  template<class Wanted> static consteval int number() {
    static_assert((std::same_as<Wanted, A> || ...), "an action without kernels: give it a row in mcmc/actions.hpp");
    int place = 0;
    (void)((std::same_as<Wanted, A> || (++place, false)) || ...);
    return place;
  }
};

/// One row each; lattice/action.hpp says what an action promises.
using Actions = ActionList<Phi4>;

} // namespace stint
