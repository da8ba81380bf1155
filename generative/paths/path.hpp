#pragma once
// Paths of operators from noise to data: what moves when. They know no drift, no solver and no schedule of their own.

#include "generative/operators/pair.hpp"
#include "generative/paths/schedule.hpp"

namespace stint {

/// How alpha and beta follow from the noise level r = alpha/(alpha + beta).
enum class Curve {
  linear,       ///< (r, 1 - r)
  trigonometric ///< (r, 1 - r) / sqrt(r^2 + (1 - r)^2), so that alpha^2 + beta^2 = 1
};

std::string text_of(Curve curve); ///< "linear" or "trigonometric"
/// Throws std::invalid_argument for other names.
Curve parse_curve(const std::string& name);

/// The pair of operators that are diagonal in `basis`, from the noise levels r of its coordinates.
Pair pair_of_levels(Basis basis, const torch::Tensor& r, Curve curve);

/// A path t -> (alpha, beta) for t from 0 to stages(), on the CPU.
///
/// Every coordinate in one basis has a window of one stage, [begin, begin + 1], in which its noise level goes from
/// `start` to 0; before it the coordinate waits, afterwards it is data. All tasks are such paths: generation is one
/// window for all, inpainting starts the known sites at level 0, sequential generation gives groups of sites windows
/// one after another. What a schedule says of the levels within a window is not the path's business.
class Path {
public:
  /// `begin` (>= 0) and `start` (in [0, 1]) broadcast to the coordinates (L1, ..., Ld) of the basis. Throws
  /// std::invalid_argument for values outside.
  Path(Basis basis, torch::Tensor begin, torch::Tensor start, Curve curve = Curve::linear);

  /// A straight line in the space of operators, (1 - u) from + u to, for operators without a common basis (dense ones,
  /// the sums of eq. 12). One stage; u = 1 - r with r from 1 to 0 by the schedule.
  static Path straight(Pair from, Pair to);

  double stages() const { return stages_; }

  /// The pair at t = 0, ..., stages(), in stages. Throws std::invalid_argument for a schedule in another basis.
  Pair at(double t, const Schedule& schedule) const;

  /// Of paths in one basis, not of straight ones.
  const Basis& basis() const { return basis_; }
  const torch::Tensor& start() const { return start_; } ///< the noise levels at t = 0
  Pair start_pair() const;                              ///< of straight paths too
  Curve curve() const { return curve_; }

private:
  Basis basis_ = Basis::any();
  torch::Tensor begin_, start_; // float64
  Curve curve_ = Curve::linear;
  double stages_ = 1;
  std::shared_ptr<const std::pair<Pair, Pair>> ends_; // of a straight line, else null
};

/// The pairs at the ends of steps. They are made when asked for: a sequential path has thousands.
struct Knots {
  std::int64_t steps = 0;
  std::function<Pair(std::int64_t)> at; ///< 0..steps
};

/// steps() steps of the schedule to each stage, their pairs on `device`. Windows begin where a step does (the nearest
/// one).
Knots knots(const Path& path, const Schedule& schedule, torch::Device device = torch::kCPU);

/// The noise level r of entries alpha in [0, 1] on a curve.
torch::Tensor level_of_alpha(const torch::Tensor& alpha, Curve curve);

/// Knots of the same number where the noise levels of sites are those of `knots` times `factors` in [0, 1], which
/// broadcast to (N, C, L1, ..., Ld): 0 makes a site data from here on. `curve` is that of the path. at() throws
/// std::invalid_argument for operators that are neither scalar nor diagonal in sites.
Knots scaled(Knots knots, const torch::Tensor& factors, Curve curve);

/// The same from data to noise: the forward flow.
Knots reversed(Knots forward);

} // namespace stint
