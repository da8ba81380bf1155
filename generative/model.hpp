#pragma once
// The learned posterior mean: a network on top of an estimate from second moments.

#include "generative/drifts/drift.hpp"
#include "generative/networks/unet.hpp"
#include "generative/phi4/calibration.hpp"
#include "generative/phi4/moments.hpp"
#include "generative/training/family.hpp"
#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"

#include <string>

namespace stint {

/// What, besides its parameters, defines a model: all of it is stored in the model file.
struct ModelDescription {
  Geometry geometry;           ///< of the data
  std::string kind;            ///< of the data, as in the ensemble file
  Phi4 theory = {};            ///< couplings of the data
  bool symmetric = false;      ///< the law of the data is invariant under phi -> -phi
  double field_range = 0;      ///< tilts |h| <= field_range were part of the training,
  double quadratic_range = 0;  ///< and tilts -quadratic_range <= k2 <= quadratic_top
  double quadratic_top = 0;    ///< k2 of the law that is learned
  FamilyWeights families = {}; ///< of operators that were part of the training
  int channels = 16, levels = 3, blocks = 1;
  Moments moments;              ///< at k2 = quadratic_top
  Calibration calibration = {}; ///< known after training, on the lattice of the data

  /// The law whose posterior mean is learned, that of the data at k2 = quadratic_top: from it tilts of lower k2 can be
  /// reached, the data's own law among them.
  Phi4 learned_theory() const {
    Phi4 learned = theory;
    learned.quadratic += quadratic_top;
    return learned;
  }
};

/// eta1 = W + s f(inputs) - calibration: W = gaussian_estimate(), s^2 = target_variance(), f the network. Its inputs,
/// all of order 1 and finite for alpha, beta in [0, 1]:
///   fields    coordinate by coordinate the Gaussian estimate of x1, W, the zero mode of W as a constant field, and the
///             noise level alpha/(alpha + beta) and log(alpha/beta) of each site (their means in other bases than
///             sites)
///   numbers   functions of log(alpha/beta), averaged over coordinates and over shells of the momentum; what each shell
///             has more than Gaussian data would; the zero mode z of W, |z| and the spread of the magnetisation in
///             units of its standard deviation in the data
class Model {
public:
  /// A network with random parameters. Throws std::invalid_argument if the lattice does not fit the network's levels.
  Model(ModelDescription description, std::uint64_t seed);

  const ModelDescription& description() const { return description_; }
  UNet& network() { return network_; }
  std::int64_t parameter_count() const;

  /// The same network with the moments of a larger lattice, Moments::on(), for data whose correlations are short on
  /// the lattice it was trained on. Throws what that throws, and what the constructor throws.
  void move_to(const Geometry& geometry);

  /// kFloat or kBFloat16 for the convolutions.
  void set_precision(torch::ScalarType type) { type_ = type; }
  void to(torch::Device device);
  torch::Device device() const { return description_.moments.spectrum.device(); }

  /// What is known without the network.
  struct Inputs {
    torch::Tensor estimate; ///< W, (N, L1, ..., Ld)
    Operator scale;         ///< s, diagonal in the basis of the pair
    torch::Tensor planes;   ///< (N, planes, L1, ..., Ld)
    torch::Tensor numbers;  ///< (N, numbers)
  };
  /// Throws std::invalid_argument for operators of a family that the model was not trained for.
  Inputs inputs(const Pair& pair, const torch::Tensor& signal) const;

  torch::Tensor evaluate(const torch::Tensor& planes, const torch::Tensor& numbers); ///< f, (N, L1, ..., Ld)

  /// W + s f, not calibrated.
  torch::Tensor answer(const Inputs& inputs) {
    return inputs.estimate + inputs.scale(evaluate(inputs.planes, inputs.numbers));
  }

  /// Where observations through multiples of the identity stand in the tables of Calibration.
  struct Standing {
    torch::Tensor magnetisation;   ///< E[M | zero mode], (N)
    GridWeights zero_mode, shells; ///< of both tables
  };
  /// In the learned theory with this k2 <= 0, whose law of M and the estimate W (at k2 = 0) are given.
  Standing standing(const Pair& pair, const torch::Tensor& signal, const torch::Tensor& estimate, double quadratic,
                    const Moments& tilted) const;

  /// E[x1 | observation] as a callable, for observations that are from the learned theory with this k2 <= 0; refers to
  /// this model, which must outlive it. With a calibration, multiples of the identity are held to it, and of other
  /// operators diagonal in Fourier space the zero mode is E[M | zero mode of the observation] itself.
  PosteriorMean posterior_mean(double quadratic = 0, bool calibrated = true);

  void set_calibration(Calibration calibration) { description_.calibration = std::move(calibration); }
  double magnetisation_deviation() const { return magnetisation_deviation_; } ///< of the training data
  static int shell_count();                                                   ///< of the momentum
  /// Sums over the modes p != 0 of each shell of Re a(p)^* b(p) / V, (N, shells).
  torch::Tensor shell_products(const torch::Tensor& a, const torch::Tensor& b) const;

private:
  ModelDescription description_;
  UNet network_{nullptr};
  torch::ScalarType type_ = torch::kFloat;
  double magnetisation_deviation_; // of the training data: the unit of the network's zero mode on every lattice
  double smallest_momentum_;       // phat^2 of the training data: where shells begin on every lattice
  torch::Tensor shells_;           // (shells, L1, ..., Ld) float32: what each shell averages over
  torch::Tensor shell_sizes_;      // modes in each shell of the training lattice, (shells)
};

} // namespace stint
