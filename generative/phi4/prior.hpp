#pragma once
// What is known of phi^4 before a network learns: second moments, the law of the magnetisation, the force.

#include "generative/phi4/mean_correction.hpp"
#include "generative/phi4/moments.hpp"
#include "generative/prior.hpp"
#include "lattice/phi4.hpp"

namespace stint {

/// What makes a Phi4Prior.
struct Phi4Knowledge {
  Geometry geometry;
  Phi4 theory;                      ///< couplings of the data
  bool symmetric = false;           ///< the law of the data is invariant under phi -> -phi
  Tilting tilting = {};             ///< h, and k2 relative to the data's
  Moments moments;                  ///< at k2 = k2_top
  MeanCorrection correction = {};   ///< known after training, on the lattice of the data
  std::optional<double> place = {}; ///< of one of its couplings in a region (region.hpp), -1 ... 1

  /// The law whose posterior mean is learned, that of the data at k2 = k2_top: from it tilts of lower k2 can be
  /// reached, the data's own law among them.
  Phi4 learned_theory() const {
    Phi4 learned = theory;
    learned.quadratic += tilting.k2_top;
    return learned;
  }
};

/// W = gaussian_estimate(), s^2 = target_variance(), the target is training_target() with the force. The network sees
///   planes    coordinate by coordinate the Gaussian estimate of x1, W, the zero mode of W as a constant field, and the
///             noise level alpha/(alpha + beta) and log(alpha/beta) of each site (their means in other bases than
///             sites)
///   numbers   functions of log(alpha/beta), averaged over coordinates and over shells of the momentum; what each shell
///             has more than Gaussian data would; the zero mode z of W, |z| and the spread of the magnetisation in
///             units of its standard deviation in the data; in a region four Chebyshev polynomials of the place
/// With a MeanCorrection, multiples of the identity are held to it, and of other operators diagonal in Fourier space
/// the zero mode is E[M | zero mode of the observation] itself.
class Phi4Prior : public Prior {
public:
  explicit Phi4Prior(Phi4Knowledge knowledge);

  std::unique_ptr<Prior> clone() const override { return std::make_unique<Phi4Prior>(*this); }
  std::string kind() const override { return "phi4"; }
  const Layout& layout() const override { return layout_; }
  Operator reference(double k2_below) const override;
  double log_ratio_range() const override { return phi4_log_ratio_range; }
  Look look(const Pair& pair, const torch::Tensor& signal) const override;
  std::int64_t planes() const override;
  std::int64_t numbers() const override;
  torch::Tensor target(const Pair& pair, const torch::Tensor& signal, const torch::Tensor& x1) const override;
  Symmetries symmetries() const override;
  Tilting tilting() const override { return knowledge_.tilting; }
  Correction correction(double k2_below) const override;
  std::unique_ptr<CorrectionFit> correction_fit() const override;
  /// Moments::on(); the correction is of the lattice it was measured on and is lost.
  void move_to(const Geometry& geometry) override;
  void to(torch::Device device) override;
  torch::Device device() const override { return knowledge_.moments.spectrum.device(); }
  State state() const override;
  std::map<std::string, double> couplings() const override;

  const Phi4Knowledge& knowledge() const { return knowledge_; }
  void set_correction(MeanCorrection correction) { knowledge_.correction = std::move(correction); }

  static constexpr int shell_count = 6; ///< of the momentum
  /// Sums over the modes p != 0 of each shell of Re a(p)^* b(p) / V, (N, shells).
  torch::Tensor shell_products(const torch::Tensor& a, const torch::Tensor& b) const;
  double magnetisation_deviation() const { return magnetisation_deviation_; } ///< of the training data
  Moments moments_at(double k2_below) const;                                  ///< with the law of M of this k2

  /// Where observations through multiples of the identity stand in the tables of MeanCorrection.
  struct Place {
    torch::Tensor magnetisation;   ///< E[M | zero mode], (N)
    GridWeights zero_mode, shells; ///< of both tables
  };
  /// In the learned theory lower by k2_below <= 0, whose moments_at() and the estimate W (at k2_top) are given.
  Place place(const Pair& pair, const torch::Tensor& signal, const torch::Tensor& estimate, double k2_below,
              const Moments& tilted) const;

private:
  torch::Tensor shell_excess(const Pair& pair, const Basis& basis, const torch::Tensor& signal) const;

  Phi4Knowledge knowledge_;
  Layout layout_;
  double magnetisation_deviation_; // of the training data: the unit of the network's zero mode on every lattice
  double smallest_momentum_;       // phat^2 of the training data: where shells begin on every lattice
  torch::Tensor shells_;           // (shells, L1, ..., Ld) float32: what each shell averages over
  torch::Tensor shell_sizes_;      // modes in each shell of the training lattice, (shells)
};

/// The row of the table of kinds.
Kind phi4_fields();

} // namespace stint
