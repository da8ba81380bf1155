#pragma once
// An action on a lattice as HMC sees it, whichever it is.

#include "lattice/action.hpp"
#include "mcmc/kernels/kernels.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace stint {

/// An action in d dimensions with its couplings rounded to Real: one of mcmc/actions.hpp, or one that brings a kernel
/// of its own (mcmc/own_action.hpp). Cheap to copy.
template<class Real> class LatticeAction {
public:
  /// One of the list. Throws std::invalid_argument for couplings that make no sense.
  template<Action A>
  LatticeAction(const A& action, int dimensions) : LatticeAction(action, dimensions, nullptr, Actions::number<A>()) {}

  /// Any action, with the kernel of its passes. Throws as above.
  template<Action A>
  LatticeAction(const A& action, int dimensions, KickDriftKernel<Real> kernel)
      : LatticeAction(action, dimensions, kernel, -1) {}

  /// Its own kernel, or the one of these.
  KickDriftKernel<Real> kick_drift(const Kernels<Real>& kernels) const {
    return kernel_ ? kernel_ : kernels.kick_drift[number_];
  }
  const void* site() const { return site_.get(); } ///< what the kernels of this action are given

  double virial(double s, double sum_phi, double terms) const { return virial_(s, sum_phi, terms); }

  /// h of an action that is even in phi but for a source -h sum_x phi_x: cluster sweeps can flip its signs.
  std::optional<double> magnetic_field() const { return magnetic_field_; }

private:
  template<Action A>
  LatticeAction(const A& action, int dimensions, KickDriftKernel<Real> kernel, int number)
      : kernel_(kernel), number_(number),
        site_(std::make_shared<const decltype(action.template site<Real>(dimensions))>(
            action.template site<Real>(dimensions))),
        virial_([action](double s, double sum_phi, double terms) { return action.virial(s, sum_phi, terms); }) {
    action.validate();
    if constexpr (requires { action.field; })
      magnetic_field_ = action.field;
  }

  KickDriftKernel<Real> kernel_; // null: of the list
  int number_;                   // in Actions
  std::shared_ptr<const void> site_;
  std::function<double(double, double, double)> virial_;
  std::optional<double> magnetic_field_;
};

} // namespace stint
