#pragma once
// What is known of phi^4 over a range of one coupling.

#include "generative/phi4/effective_potential.hpp"
#include "generative/phi4/prior.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace stint {

/// Theories that are equal but for one coupling, and symmetric under phi -> -phi. Everything that is known is one
/// smooth function of the coupling, also at the values of the data: a network that is asked between them sees inputs of
/// the same law as those that it was trained on.
struct RegionKnowledge {
  Phi4Knowledge first;               ///< of the first value: geometry, theory, tilting
  std::string coupling = {};         ///< its name: mass2 or lambda
  std::vector<double> values = {};   ///< of the data, at least 2, all different, in any order
  torch::Tensor spectra = {};        ///< P(p) at each value, (E, L1, ..., Ld) float64
  torch::Tensor force_spectra = {};  ///< Q(p), likewise; undefined if the action is not used
  EffectivePotential potential = {}; ///< of the magnetisation

  double low() const { return std::ranges::min(values); }
  double high() const { return std::ranges::max(values); }
  double place(double value) const { return 2 * (value - low()) / (high() - low()) - 1; } ///< -1 ... 1
  /// log P and log Q from natural cubic splines, the law of M and P(0) from the potential.
  Phi4Knowledge at(double value) const;
};

/// How much the values at `nodes` count in the natural cubic spline through them at x, (E) float64.
torch::Tensor spline_weights(const std::vector<double>& nodes, double x);

/// The prior at the middle of a region, from which at() makes that of any other value in it. law(i) are the priors at
/// the values of the data. Their corrections, where known, are splines in between, too.
class Phi4Region : public Phi4Prior {
public:
  explicit Phi4Region(RegionKnowledge region);

  /// From the priors of one ensemble each. Throws std::invalid_argument unless they differ in mass2 or in lambda alone
  /// and have no magnetic field.
  static RegionKnowledge join(const std::vector<std::unique_ptr<Prior>>& priors);

  std::unique_ptr<Prior> clone() const override { return std::make_unique<Phi4Region>(*this); }
  std::int64_t laws() const override { return std::ssize(laws_); }
  Prior& law(std::int64_t number) override { return laws_.at(number); }
  const Prior& law(std::int64_t number) const override { return laws_.at(number); }
  std::optional<CouplingRange> range() const override;
  std::unique_ptr<Prior> at(double value) const override;
  void move_to(const Geometry& geometry) override;
  void to(torch::Device device) override;
  State state() const override;
  std::map<std::string, double> couplings() const override; ///< those that all theories share

  using Phi4Prior::set_correction;
  void set_correction(std::int64_t number, MeanCorrection correction) {
    laws_.at(number).set_correction(std::move(correction));
  }

private:
  MeanCorrection corrections() const; ///< of all laws, stacked; undefined if they are not known

  RegionKnowledge region_;
  std::vector<Phi4Prior> laws_;
};

} // namespace stint
