#pragma once
// The learned posterior mean: a network on top of an estimate from second moments.

#include "generative/drift.hpp"
#include "generative/moments.hpp"
#include "generative/unet.hpp"
#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"

#include <string>

namespace stint {

/// What, besides its parameters, defines a model: all of it is stored in the model file.
struct ModelDescription {
  Geometry geometry;
  std::string kind;       ///< of the data, as in the ensemble file
  Phi4 theory = {};       ///< couplings of the data
  bool symmetric = false; ///< the law of the data is invariant under phi -> -phi
  double field_range = 0; ///< tilts |h| <= field_range were part of the training
  int channels = 16, levels = 3, blocks = 1;
  Moments moments;
};

/// eta1 = W + s f(inputs): W = Moments::estimate, s^2 the variance of the training target about it, f the network.
/// Inputs, all of order 1 and finite for alpha, beta in [0, 1]:
///   fields    sitewise Gaussian estimate of x1, W, and the zero mode of W as a constant field
///   numbers   functions of log(alpha/beta), and the zero mode z and |z| in units of its standard deviation in the data
class Model {
public:
  /// A network with random parameters. Throws std::invalid_argument if the lattice does not fit the network's levels.
  Model(ModelDescription description, std::uint64_t seed);

  const ModelDescription& description() const { return description_; }
  UNet& network() { return network_; }
  std::int64_t parameter_count() const;

  /// kFloat or kBFloat16 for the convolutions.
  void set_precision(torch::ScalarType type) { type_ = type; }
  void to(torch::Device device);
  torch::Device device() const { return description_.moments.spectrum.device(); }

  struct Prediction {
    torch::Tensor estimate; ///< W, (N, L1, ..., Ld)
    torch::Tensor scale;    ///< s, (N, 1, ..., 1)
    torch::Tensor network;  ///< f, (N, L1, ..., Ld)
  };
  Prediction predict(const ScalarPair& pair, const torch::Tensor& signal);

  /// E[x1 | observation] as a callable; refers to this model, which must outlive it.
  PosteriorMean posterior_mean();

private:
  ModelDescription description_;
  UNet network_{nullptr};
  torch::ScalarType type_ = torch::kFloat;
};

} // namespace stint
