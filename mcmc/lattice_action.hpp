#pragma once
// An action on a lattice as HMC sees it, whichever it is.

#include "lattice/action.hpp"
#include "mcmc/actions.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace stint {

/// One of the actions of mcmc/actions.hpp in d dimensions, with its couplings rounded to Real; cheap to copy.
template<class Real> class LatticeAction {
public:
  /// Throws std::invalid_argument for couplings that make no sense.
  template<Action A>
  LatticeAction(const A& action, int dimensions)
      : LatticeAction(std::make_shared<const decltype(action.template site<Real>(dimensions))>(
                          action.template site<Real>(dimensions)),
                      Actions::number<A>()) {
    action.validate();
    virial_ = [action](double s, double sum_phi, double terms) { return action.virial(s, sum_phi, terms); };
    if constexpr (requires { action.field; })
      magnetic_field_ = action.field;
  }

  int number() const { return number_; }           ///< in Actions
  const void* site() const { return site_.get(); } ///< what the kernels of this action are given

  double virial(double s, double sum_phi, double terms) const { return virial_(s, sum_phi, terms); }

  /// h of an action that is even in phi but for a source -h sum_x phi_x: cluster sweeps can flip its signs.
  std::optional<double> magnetic_field() const { return magnetic_field_; }

private:
  LatticeAction(std::shared_ptr<const void> site, int number) : number_(number), site_(std::move(site)) {}

  int number_;
  std::shared_ptr<const void> site_;
  std::function<double(double, double, double)> virial_;
  std::optional<double> magnetic_field_;
};

} // namespace stint
