#pragma once
// One step of the exponential solvers, coordinate by coordinate.

#include "generative/operators/pair.hpp"

#include <deque>

namespace stint {

/// Where coordinates are on a path, seen from a Gaussian reference law of the data with the variances P. All float64,
/// broadcastable to the coordinates of the path's basis.
struct Place {
  Place(torch::Tensor alpha_, torch::Tensor beta_, const torch::Tensor& variance);

  torch::Tensor alpha, beta;
  torch::Tensor deviation; ///< sqrt(alpha^2 + beta^2 P), of X
  torch::Tensor angle;     ///< phi from 0 (noise) to pi/2 (data); sin(phi) = beta sqrt(P) / deviation
  torch::Tensor level;     ///< alpha / (alpha + beta)
};

/// The coordinates in which a step of a path is made: those of the reference law if the path is diagonal there too,
/// else the path's, where the diagonal of the reference covariance takes the place of its spectrum.
struct StepCoordinates {
  /// `path` is the basis in which both ends of the step are diagonal; fields are (N, C, L1, ..., Ld).
  StepCoordinates(const Basis& path, const Operator& reference, const torch::Tensor& fields);

  Basis basis;
  torch::Tensor variance; ///< P, of the coordinates

  /// Of a pair that is diagonal in this basis.
  Place place(const Pair& pair) const {
    return {basis.entries(pair.alpha.values()), basis.entries(pair.beta.values()), variance};
  }
};

/// What the drift says that the reference law does not know:
///   g = (deviation^2 / (alpha^2 sqrt(P))) (eta1 - P beta X / deviation^2) = sqrt(P) E[F(x1) + x1/P | X],
/// F = grad log of the data's density (the mean of grad log of the density of x1 given X vanishes). It is 0 for
/// Gaussian data of mean 0 and the variances P, constant for any other mean, and finite and smooth from noise to data.
/// Not defined, and 0 here, where alpha = 0.
struct Node {
  Node(Place place_, const torch::Tensor& variance, const torch::Tensor& x, const torch::Tensor& eta1);
  Node(Place place_, torch::Tensor g_) : place(std::move(place_)), g(std::move(g_)) {}

  /// What dg_k/du_k is, u = X/deviation, from the diagonal of the Jacobian of eta1 and that of the identity by the same
  /// vectors (ValueAndDivergence).
  void set_divergence(const torch::Tensor& variance, const torch::Tensor& diagonal, const torch::Tensor& identity);

  Place place;
  torch::Tensor g;          ///< coordinates
  torch::Tensor divergence; ///< dg_k/du_k, float64; undefined if not wanted
};

/// With u = X/deviation, s = sin(angle) and white noise xi, eqs. 7 (eps = 0) and 8 (eps_bar dt = eps alpha d log(R),
/// R = beta/alpha) are
///   d(s^eps u) = g d(s^{1+eps}) + noise of the variance d(s^{2 eps}),
/// for s from 0 to 1. A step takes g as a polynomial in the level and has no other error: with Gaussian data and their
/// variances as P there is none.
struct ExponentialStep {
  Place from, to;
  torch::Tensor variance; ///< P
  double eps = 0;

  /// Whether a coordinate moves in this step.
  torch::Tensor moves() const { return (from.alpha != to.alpha) | (from.beta != to.beta); }

  /// Whether a coordinate goes towards noise.
  torch::Tensor returns() const { return to.alpha * from.beta > from.alpha * to.beta; }

  /// X at `to` from data X at `from`: eta0 = 0, eta1 = X/beta.
  torch::Tensor from_data(const torch::Tensor& x) const;

  /// The change of log |det dX/dX_from| over the step at eps = 0, the sum of the terms of the coordinates `which` that
  /// move, (N): that of the reference law in closed form, and the integral of the nodes' divergences, polynomials as g.
  /// `multiplicity` is that of the coordinates.
  torch::Tensor log_volume(const std::deque<Node>& nodes, int order, const torch::Tensor& multiplicity,
                           const torch::Tensor& which) const;

  /// X at `to` from X at `from`, with the polynomial through at most `order` of the nodes; `xi` is needed for eps > 0,
  /// where no coordinate may go towards noise. Each coordinate uses consecutive nodes from the front, as long as they
  /// are at different levels with alpha > 0; those that move and can use none get `otherwise`.
  torch::Tensor advance(const torch::Tensor& x, const std::deque<Node>& nodes, int order, const torch::Tensor& xi,
                        const torch::Tensor& otherwise) const;

private:
  struct Term {
    std::size_t node;
    torch::Tensor weight;
  };
  struct Quadrature {
    std::vector<Term> terms;
    torch::Tensor count; ///< of nodes that each coordinate uses
  };
  Quadrature quadrature(const std::deque<Node>& nodes, int order) const;
  std::vector<torch::Tensor> weights(const std::vector<torch::Tensor>& levels) const;
};

} // namespace stint
