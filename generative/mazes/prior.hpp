#pragma once
// What is known of paths through a maze before a network learns.

#include "generative/gaussian/prior.hpp"

namespace stint {

/// Paths (2, T): positions x and y at equal distances in time, as if they were Gaussian with this mean and covariance.
/// W is the conditional mean of that law, exactly, and s the deviation about it, coordinate by coordinate:
///   W = mean + Sigma beta K^{-1} (x - beta mean),   s^2 = diag(Sigma - Sigma beta K^{-1} beta Sigma),
///   K = alpha^2 + beta Sigma beta,
/// for each channel by itself. The network sees the estimate of each point by itself, W, waves of W from the size of
/// the maze down to a part of a cell, which tell where walls are, s, the levels, and the time along the path.
class MazePrior : public GaussianPrior {
public:
  /// Mean (2, T), the basis (T, T) of the covariance, its principal components, and the variances (2, T) > 0.
  /// `notes`: what the data file says of the maze, by name. Throws std::invalid_argument for what does not fit.
  MazePrior(Layout layout, torch::Tensor mean, const torch::Tensor& components, const torch::Tensor& variances,
            std::map<std::string, std::string> notes);

  std::unique_ptr<Prior> clone() const override { return std::make_unique<MazePrior>(*this); }
  FamilyList families() const override;
  double log_ratio_range() const override;
  Look look(const Pair& pair, const torch::Tensor& signal) const override;
  std::int64_t planes() const override;
  std::int64_t numbers() const override;
  void to(torch::Device device) override;
  State state() const override; ///< GaussianPrior's, and the notes
  std::map<std::string, std::string> notes() const override { return notes_; }
  static std::unique_ptr<Prior> load(const Layout& layout, const State& state);

private:
  const torch::Tensor& covariance_in(const Basis& basis) const; ///< (2, T, T) float64

  std::map<std::string, std::string> notes_;
  torch::Tensor mean_, unit_;          // (2, T) float64 and (1, 2, 1): scales of the network's inputs
  torch::Tensor of_points_, of_modes_; // the covariance on sites and in cosine modes
  torch::Tensor times_;                // (1, 1, T): -1 to 1
};

/// Mean and principal components of paths.
class MazeFit : public PriorFit {
public:
  /// Throws std::invalid_argument for requests that ask for tilts, and for data that are no paths.
  explicit MazeFit(const PriorRequest& request);

  void add(const torch::Tensor& configurations) override;
  std::vector<torch::Tensor> sums() const override { return {count_, sum_, products_}; }
  std::unique_ptr<Prior> prior(const torch::Tensor& field, const torch::Tensor& square) const override;

private:
  Layout layout_;
  std::map<std::string, std::string> notes_;
  torch::Tensor about_;                  // (2, T): sums are of the distance from it
  torch::Tensor count_, sum_, products_; // (1), (2, T), (2, T, T) float64
};

} // namespace stint
