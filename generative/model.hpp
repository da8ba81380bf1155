#pragma once
// The learned posterior mean: a network on top of a prior.

#include "generative/networks/unet.hpp"
#include "generative/prior.hpp"

#include <memory>

namespace stint {

/// What, besides prior and parameters, defines a model.
struct ModelDescription {
  FamilyLaw families;                                      ///< of operators that were part of the training
  int channels = 16, widening = 2, levels = 3, blocks = 1; ///< of the network
};

/// eta1 = W + s f(planes, numbers) - correction: W, s, the network's inputs and the correction are the prior's (Look),
/// f is the network.
class Model {
public:
  /// A network with random parameters. Throws std::invalid_argument if the lattice does not fit the network's levels.
  Model(std::unique_ptr<Prior> prior, ModelDescription description, std::uint64_t seed);

  const Prior& prior() const { return *prior_; }
  Prior& prior() { return *prior_; }
  const Layout& layout() const { return prior_->layout(); }
  const ModelDescription& description() const { return description_; }
  UNet& network() { return network_; }
  std::int64_t parameter_count() const;
  /// Of one convolution on the finest level for `count` configurations, on one core, roughly: what its threads share.
  double nanoseconds_of_convolution(std::int64_t count) const;

  /// The same network with Prior::move_to() this larger lattice. Throws what that throws, and what the constructor
  /// throws.
  void move_to(const Geometry& geometry);
  /// The same network with Prior::at() this value of a coupling. Throws what that throws.
  void move_to(double coupling) { prior_ = prior_->at(coupling); }

  /// kFloat or kBFloat16 for the convolutions.
  void set_precision(torch::ScalarType type) { type_ = type; }
  void to(torch::Device device);
  torch::Device device() const { return prior_->device(); }

  /// Prior::look(). Throws std::invalid_argument for operators of a family that the model was not trained for.
  Look look(const Pair& pair, const torch::Tensor& signal) const { return look(pair, signal, prior()); }
  /// That of one of Prior::law().
  Look look(const Pair& pair, const torch::Tensor& signal, const Prior& prior) const;

  /// f, (N, C, L1, ..., Ld), without bounds: training needs its gradient wherever it is.
  torch::Tensor evaluate(const torch::Tensor& planes, const torch::Tensor& numbers);

  /// W + s f, f bounded, without correction.
  torch::Tensor answer(const Look& look);

  /// E[x1 | observation] as a callable, for observations that are mapped (observe()) to the learned law from one lower
  /// by k2_below <= 0; refers to this model, which must outlive it.
  PosteriorMean posterior_mean(double k2_below = 0, bool corrected = true);

private:
  std::unique_ptr<Prior> prior_;
  ModelDescription description_;
  UNet network_{nullptr};
  torch::ScalarType type_ = torch::kFloat;
};

} // namespace stint
