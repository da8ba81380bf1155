#pragma once
// How far the network's answers are from means that are known exactly.

#include "generative/paths/schedule.hpp"
#include "generative/phi4/grid.hpp"

namespace stint {

/// For multiples of the identity two means over observations are known or measured, whatever the network says of single
/// ones:
///   E[eta1(0) | zero mode of the observation] = E[M | zero mode of the observation],
///                                          from the law of M (gaussian_estimate() has it), in any field h and at any
///                                          k2;
///   E[W(p)^* (eta1 - x1)(p) | z] = 0,      p != 0, in all these theories: W the Gaussian estimate and z = E[M | zero
///                                          mode]. What waves are like depends on the magnetisation.
/// The tables hold by how much the network misses them. Taken off its answers, they make the law of M and the spectrum
/// drift as they must wherever the flow has its right law, and M and the other modes still move together.
struct Calibration {
  torch::Tensor zero_mode; ///< float32 on k2 x log(alpha/beta) x E[M | zero mode], flattened; in units of M's deviation
  torch::Tensor shells;    ///< (points, shells) float32: E[W^* (eta1 - x1)] / E[|W|^2] on log(alpha/beta) x |z - mean|

  bool known() const { return zero_mode.defined(); }

  static constexpr GridAxis quadratic_axis = {
      0, 1, 3}; ///< k2 of the learned theory, in units of the lowest that training saw
  static constexpr GridAxis log_ratio_axis = {-log_ratio_range, log_ratio_range, 21};
  static constexpr GridAxis magnetisation_axis = {-3, 3, 25}; ///< M - mean in units of its standard deviation
  static constexpr std::int64_t zero_mode_points =
      quadratic_axis.points * log_ratio_axis.points * magnetisation_axis.points;
  static constexpr GridAxis deviation_axis = {0, 3, 7}; ///< |M - mean|, likewise
  static constexpr std::int64_t shell_points = log_ratio_axis.points * deviation_axis.points;
};

} // namespace stint
