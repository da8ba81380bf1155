#pragma once
// How far a network's answers are from means that are known exactly in phi^4.

#include "generative/phi4/estimate.hpp"
#include "generative/phi4/grid.hpp"
#include "generative/prior.hpp"

namespace stint {

class Phi4Prior;

/// For multiples of the identity two means over observations are known or measured, whatever the network says of single
/// ones:
///   E[eta1(0) | zero mode of the observation] = E[M | zero mode of the observation],
///                                          from the law of M (gaussian_estimate() has it), in any magnetic field h and
///                                          at any k2;
///   E[W(p)^* (eta1 - x1)(p) | z] = 0,      p != 0, in all these theories: W the Gaussian estimate and z = E[M | zero
///                                          mode]. What waves are like depends on the magnetisation.
/// The tables hold by how much the network misses them. Taken off its answers, they make the law of M and the spectrum
/// drift as they must wherever the flow has its right law, and M and the other modes still move together.
struct MeanCorrection {
  torch::Tensor zero_mode; ///< float32 on k2 x log(alpha/beta) x E[M | zero mode], flattened; in units of M's deviation
  torch::Tensor shells;    ///< (points, shells) float32: E[W^* (eta1 - x1)] / E[|W|^2] on log(alpha/beta) x |z - mean|

  bool known() const { return zero_mode.defined(); }
  MeanCorrection to(torch::Device device) const;

  static constexpr GridAxis k2_axis = {0, 1,
                                       3}; ///< k2 below the learned law's, in units of the lowest that training saw
  static constexpr GridAxis log_ratio_axis = {-phi4_log_ratio_range, phi4_log_ratio_range, 21};
  static constexpr GridAxis magnetisation_axis = {-3, 3, 25}; ///< M - mean in units of its standard deviation
  static constexpr std::int64_t zero_mode_points = k2_axis.points * log_ratio_axis.points * magnetisation_axis.points;
  static constexpr GridAxis deviation_axis = {0, 3, 7}; ///< |M - mean|, likewise
  static constexpr std::int64_t shell_points = log_ratio_axis.points * deviation_axis.points;
};

/// Measures the tables by least squares, every table with a few samples of the value 0 at each point: of few samples
/// they stay near 0.
class MeanCorrectionFit : public CorrectionFit {
public:
  explicit MeanCorrectionFit(const Phi4Prior& prior);
  void add(const Pair& pair, const torch::Tensor& signal, const torch::Tensor& target, const Look& look,
           const torch::Tensor& answer, double k2_below) override;
  /// `prior` is the Phi4Prior that the fit was made for.
  void finish(Prior& prior, const SumOverRanks& sum) const override;

private:
  struct LeastSquares {
    torch::Tensor matrix, right, samples;

    LeastSquares(std::int64_t points, torch::Device device);
    /// Values that count with these weights, (N).
    void add(const GridWeights& at, const torch::Tensor& values, const torch::Tensor& weights);
    torch::Tensor solution(const SumOverRanks& sum) const; ///< float32 on the CPU
  };

  const Phi4Prior& prior_;
  LeastSquares zero_mode_;
  std::vector<LeastSquares> shells_;
};

} // namespace stint
