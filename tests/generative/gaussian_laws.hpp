#pragma once
// The exact law of a sampler's output where the drift is linear: no random numbers, no error bars.

#include "generative/paths/task.hpp"
#include "generative/phi4/free_field.hpp"
#include "generative/solvers/solver.hpp"

namespace stint::testing {

/// Of paths in these tests: far from all scales of their laws.
inline constexpr double log_ratio_range = 5;
inline Schedule log_ratio(int steps) { return Schedule::log_ratio(steps, log_ratio_range); }

struct AffineLaw {
  torch::Tensor mean;       ///< (V)
  torch::Tensor covariance; ///< (V, V)
};

/// The largest difference of two laws in units of the standard deviation of a site under the second.
inline double distance(const AffineLaw& found, const AffineLaw& exact, double deviation) {
  const double mean = (found.mean - exact.mean).abs().max().item<double>() / deviation;
  const double covariance = (found.covariance - exact.covariance).abs().max().item<double>() / (deviation * deviation);
  return std::max(mean, covariance);
}

inline std::vector<std::int64_t> shape_of(const Geometry& geometry) {
  return {geometry.extents().begin(), geometry.extents().end()};
}

/// The identity's columns as fields (V, 1, L1, ..., Ld).
inline torch::Tensor unit_fields(const Geometry& geometry) {
  return torch::eye(geometry.volume(), torch::kDouble).reshape(Layout{geometry}.shape(geometry.volume()));
}

/// An operator as a matrix (V, V).
inline torch::Tensor matrix_of(const Operator& a, const Geometry& geometry) {
  return a(unit_fields(geometry)).flatten(1).t();
}

/// x0 -> the state at the beginning of a path; affine.
using Start = std::function<torch::Tensor(const torch::Tensor& x0)>;

/// The law at the end of `way`: X = c + A x0 + sum_i B_i xi_i with white noise x0 and xi_i, that of step i of an SDE,
/// is Gaussian. One batch finds c and the columns of A and all B_i: zeros, then unit vectors for x0, then for each
/// xi_i.
inline AffineLaw law_of(const Drift& drift, const Geometry& geometry, const Start& start, const Knots& way,
                        const SolverOptions& solver) {
  const auto unit = unit_fields(geometry);
  const std::int64_t volume = geometry.volume();
  const bool random = solver.method == Method::sde || solver.method == Method::sde2;
  auto shape = unit.sizes().vec();
  shape[0] = 1 + volume * (1 + (random ? way.steps : 0));
  const auto zero = torch::zeros(shape, torch::kDouble);
  auto x0 = zero.clone();
  x0.narrow(0, 1, volume).copy_(unit);
  const StepNoise noise = [&](std::int64_t i, const torch::Tensor&) {
    auto xi = zero.clone();
    xi.narrow(0, 1 + volume * (1 + i), volume).copy_(unit);
    return xi;
  };
  const auto x = solve(drift, start(x0), way, solver, noise).x.flatten(1);
  const auto responses = x.narrow(0, 1, shape[0] - 1) - x[0];
  return {x[0], responses.t().mm(responses)};
}

/// The law of what a task makes of white noise and of `observed`, a field (L1, ..., Ld).
inline AffineLaw law_of(const Drift& drift, const Geometry& geometry, const Task& task, const Schedule& schedule,
                        const SolverOptions& solver, const torch::Tensor& observed = torch::zeros({}, torch::kDouble)) {
  return law_of(
      drift, geometry, [&](const torch::Tensor& x0) { return start_state(task, x0, observed); },
      knots(task.path, schedule), solver);
}

/// N(mean, covariance) given y = H x + noise of covariance `noise` (V, V). Directions of y that have neither signal nor
/// noise say nothing; without noise this is the Schur complement.
inline AffineLaw posterior(const AffineLaw& prior, const torch::Tensor& H, const torch::Tensor& noise,
                           const torch::Tensor& y) {
  const auto& c = prior.covariance;
  const auto gain = c.mm(H.t()).mm(torch::linalg_pinv(H.mm(c).mm(H.t()) + noise, 1e-10, /*hermitian=*/true));
  return {prior.mean + gain.mv(y - H.mv(prior.mean)), c - gain.mm(H).mm(c)};
}

/// N(mean, covariance) times exp(<x, A x>/2 + <b, x>).
inline AffineLaw tilted(const AffineLaw& law, const torch::Tensor& A, const torch::Tensor& b) {
  const auto precision = torch::linalg_inv(law.covariance);
  const auto covariance = torch::linalg_inv(precision - A);
  return {covariance.mv(precision.mv(law.mean) + b), covariance};
}

/// The free field with what the tests of laws need.
struct FreeField {
  Geometry lattice;
  Phi4 theory;
  GaussianMixture law = free_field_law(lattice, theory);
  AffineLaw exact{law.means()[0].flatten(), matrix_of(law.covariance(), lattice)};
  double deviation = std::sqrt(exact.covariance[0][0].item<double>());

  PosteriorMean posterior_mean() const {
    return [l = law](const Pair& pair, const torch::Tensor& signal) { return l.posterior_mean(pair, signal); };
  }
  Drift drift(const Tilt& tilt = {}) const { return make_drift(posterior_mean(), tilt); }

  /// The drift by dense algebra, for any operators that are the same for all configurations:
  ///   z = (alpha alpha^T + beta Sigma beta^T)^{-1} (x - beta m),  eta0 = alpha^T z,  eta1 = m + Sigma beta^T z.
  Drift oracle() const {
    return [this](const Pair& pair, const torch::Tensor& x) -> Etas {
      const auto a = matrix_of(pair.alpha, lattice), b = matrix_of(pair.beta, lattice);
      const auto total = a.mm(a.t()) + b.mm(exact.covariance).mm(b.t());
      const auto fields = x.flatten(1).to(torch::kDouble);
      const auto z = (fields - b.mv(exact.mean)).mm(torch::linalg_inv(total).t());
      const auto like_x = [&](const torch::Tensor& eta) { return eta.reshape(x.sizes()).to(x.scalar_type()); };
      return {like_x(z.mm(a)), like_x(exact.mean + z.mm(b).mm(exact.covariance))};
    };
  }

  /// Starts with the law of I(alpha, beta).
  Start start(const Pair& pair) const {
    const AffineLaw at = interpolant(pair);
    const auto [values, vectors] = torch::linalg_eigh(at.covariance);
    const auto root = vectors * values.clamp_min(0).sqrt();
    return [at, root = root](const torch::Tensor& x0) {
      return (at.mean + x0.flatten(1).mm(root.t())).reshape(x0.sizes());
    };
  }

  /// Any configuration serves.
  torch::Tensor observed() const {
    return torch::sin(torch::arange(lattice.volume(), torch::kDouble) * 1.7).reshape(shape_of(lattice));
  }
  /// The law of I(alpha, beta).
  AffineLaw interpolant(const Pair& pair) const {
    const auto a = matrix_of(pair.alpha, lattice), b = matrix_of(pair.beta, lattice);
    return {b.mv(exact.mean), a.mm(a.t()) + b.mm(exact.covariance).mm(b.t())};
  }
  double error(const AffineLaw& found, const AffineLaw& expected) const { return distance(found, expected, deviation); }
};

} // namespace stint::testing
