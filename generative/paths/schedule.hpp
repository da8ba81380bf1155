#pragma once
// Where along the way from noise to data the steps go.

#include "generative/operators/basis.hpp"

#include <string_view>
#include <vector>

namespace stint {

/// The noise level alpha / (alpha + beta) where alpha = beta exp(log_ratio).
double level_of_log_ratio(double log_ratio);

/// From levels (n + 1) of any fine steps and the lengths (n) of these, the levels that divide the way in `steps` parts
/// of equal length, (steps + 1), float64 on the CPU.
torch::Tensor equal_arcs(const torch::Tensor& levels, const torch::Tensor& lengths, int steps);

/// The noise level r = alpha/(alpha + beta) of a coordinate at the ends of `steps()` steps, from where it starts
/// (1 pure noise) to 0 (data). By THEORY 1 the drift depends on alpha and beta in no other way than through r, up to
/// the scale of x.
class Schedule {
public:
  /// Equal steps in r. Throws std::invalid_argument unless steps >= 1.
  static Schedule uniform(int steps);

  /// The first step from 1 and the last one to 0, those between equal in log(alpha/beta) from `range` (Prior::
  /// log_ratio_range()) down to -range: every scale of a field forms where alpha^2 = beta^2 P(p), so that equal steps
  /// in the logarithm serve all of them. From a level inside that range all steps but the last are equal. Throws
  /// std::invalid_argument unless steps >= 3.
  static Schedule log_ratio(int steps, double range);

  /// Steps of equal length in the metric of the squared Wasserstein action (eq. 22) of scalar generation for Gaussian
  /// data of the spectrum P (any shape): the speed |dX/dr|^2 = E|eta0 - eta1|^2 is a sum over modes of
  /// (r - (1 - r) P)^2 / (r^2 + (1 - r)^2 P). Throws std::invalid_argument unless steps >= 1.
  static Schedule constant_speed(int steps, const torch::Tensor& spectrum);

  /// Steps of equal length for modes of all the scales of a spectrum P. A mode goes through the angle
  /// phi = atan(R sqrt(P)), R = beta/alpha, from noise to data. The root mean square of d(phi) over modes with log(P)
  /// uniform between the least and the largest P is, up to a factor, dR / sqrt((1 + R^2 P_max)(1 + R^2 P_min)): an
  /// elliptic integral, and equal steps of it end at
  ///   R_i = sc(i K(m) / steps | m) / sqrt(P_max),   m = 1 - P_min/P_max,
  /// sc and K Jacobi's function and complete integral. Throws std::invalid_argument unless steps >= 1 and P > 0.
  static Schedule scales(int steps, const torch::Tensor& spectrum);

  /// Steps that end at these levels (steps + 1) of a coordinate that starts as noise, or (steps + 1, L1, ..., Ld),
  /// levels of its own for each coordinate of `basis`. They begin with 1, do not increase, and end with 0. float64,
  /// may need gradients. Throws std::invalid_argument for other levels.
  static Schedule of_levels(torch::Tensor levels, Basis basis = Basis::any());

  /// "scales", "uniform", "log-ratio" or "speed"; the first and the last need the spectrum, the third the
  /// range. Throws std::invalid_argument for other names.
  static Schedule parse(std::string_view name, int steps, const torch::Tensor& spectrum, double range);

  int steps() const { return steps_; }
  /// The basis of whose coordinates this schedule speaks; Basis::any() if it says the same of all.
  const Basis& basis() const { return basis_; }

  /// The levels at the ends of steps of coordinates that start as noise, (steps + 1) or (steps + 1, L1, ..., Ld).
  torch::Tensor levels() const;

  /// The levels of coordinates that start at the levels `start` (float64, any shape that broadcasts with the
  /// coordinates) after `time` steps, a number or a
  /// tensor that broadcasts with `start`; linear between the ends of steps, `start` before them and 0 after them.
  torch::Tensor level(const torch::Tensor& time, const torch::Tensor& start) const;

  /// The schedule along the same levels whose steps end at `times` (n + 1, float64, from 0 up to steps()), in steps of
  /// this one. Differentiable.
  Schedule at_times(const torch::Tensor& times) const;

private:
  enum class Kind { table, log_ratio };
  Schedule(Kind kind, int steps, torch::Tensor table) : kind_(kind), steps_(steps), table_(std::move(table)) {}
  static Schedule of_numbers(const std::vector<double>& levels);
  torch::Tensor at(const torch::Tensor& step, const torch::Tensor& start) const;

  Kind kind_;
  int steps_;
  double range_ = 0;    // of log_ratio
  torch::Tensor table_; // levels for start = 1, (steps + 1, ...); other starts in proportion
  Basis basis_ = Basis::any();
};

} // namespace stint
