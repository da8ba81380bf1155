#pragma once
// What is known of pictures before a network learns.

#include "generative/gaussian/prior.hpp"

namespace stint {

/// Pictures (C, H, W), numbers from -1 to 1, as if they were Gaussian with this mean and a covariance that is diagonal
/// in the cosine modes: W is the Wiener estimate of GaussianPrior. The network is also given the place of every pixel,
/// and the noise level averaged over shells of modes.
class ImagePrior : public GaussianPrior {
public:
  /// Mean (C, H, W) and the variances of the cosine modes (1, H, W), which are raised to 1e-4 of the average one, that
  /// of rounding to 8 bits or so. `mirror`: left and right may be exchanged. Throws std::invalid_argument for moments
  /// that do not fit, and where all pictures are equal.
  ImagePrior(Layout layout, torch::Tensor mean, const torch::Tensor& spectrum, bool mirror);

  std::unique_ptr<Prior> clone() const override { return std::make_unique<ImagePrior>(*this); }
  FamilyList families() const override;
  double log_ratio_range() const override;
  Look look(const Pair& pair, const torch::Tensor& signal) const override;
  std::int64_t planes() const override { return GaussianPrior::planes() + layout().dimensions(); }
  std::int64_t numbers() const override;
  /// In proportion to s^2, 0 where alpha = 0: what counts is the squared error of the picture.
  torch::Tensor loss_weights(const Pair& pair, const Look& look) const override;
  Symmetries symmetries() const override; ///< left and right, if the data's owner says so
  void to(torch::Device device) override;
  State state() const override; ///< GaussianPrior's, and 'mirror'
  static std::unique_ptr<Prior> load(const Layout& layout, const State& state);

private:
  bool mirror_;
  torch::Tensor places_; // (1, d, H, W): coordinates of the pixels, -1 to 1
  torch::Tensor shells_; // (shell_count, H W): weights of the modes in averages over shells
};

/// Sums mean and spectrum of pictures.
class ImageFit : public PriorFit {
public:
  /// Throws std::invalid_argument for requests that ask for tilts.
  explicit ImageFit(const PriorRequest& request);

  void add(const torch::Tensor& configurations) override;
  std::vector<torch::Tensor> sums() const override { return {count_, sum_, power_}; }
  std::unique_ptr<Prior> prior(const torch::Tensor& field, const torch::Tensor& square) const override;

private:
  Layout layout_;
  bool mirror_;
  torch::Tensor about_;               // (C, H, W): sums are of the distance from it
  torch::Tensor count_, sum_, power_; // (1), (C, H, W), (1, H, W) of cosine modes; float64
};

} // namespace stint
