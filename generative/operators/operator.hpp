#pragma once
// Linear operators on fields: the alpha and beta of an interpolant (arXiv:2508.04605, section 2; eq. 12 for sums).

#include "generative/operators/basis.hpp"

#include <functional>
#include <optional>

namespace stint {

/// What a user gives for an operator of his own: fields (N, C, L1, ..., Ld) to fields. The two must be each other's
/// adjoint under sum_x u_x v_x.
struct LinearMap {
  std::function<torch::Tensor(const torch::Tensor&)> apply, adjoint;
};

/// A linear operator, by value: diagonal in a basis, with all arithmetic done on the diagonals, or any LinearMap.
/// Operators that are diagonal in the same basis commute and stay diagonal under + - * inverse() root(); other sums and
/// products become LinearMaps.
class Operator {
public:
  /// factor * I
  Operator(double factor = 1); // NOLINT(google-explicit-constructor): numbers are operators
  /// One factor for each configuration of a batch: `factors` has shape (N) or is a number, `dimensions` is d of the
  /// lattice.
  static Operator scalar(const torch::Tensor& factors, int dimensions);
  /// diag(values) in `basis`; values real, broadcastable to (N, C, L1, ..., Ld); in the Fourier basis values(k) =
  /// values(-k).
  static Operator diagonal(Basis basis, torch::Tensor values);
  /// A matrix (C V, C V) on channels and sites in row-major order; for few of them.
  static Operator dense(torch::Tensor matrix);
  static Operator of(LinearMap map);

  torch::Tensor operator()(const torch::Tensor& fields) const;
  torch::Tensor adjoint(const torch::Tensor& fields) const;

  bool is_diagonal() const { return !map_; }
  /// Of a diagonal operator; throw std::logic_error for others.
  const Basis& basis() const;
  const torch::Tensor& values() const; ///< as given, float64

  /// Its diagonal in a basis, broadcastable to fields of the lattice `extents`; see Basis::diagonal_in(). For diagonal
  /// operators; throws std::logic_error for others.
  torch::Tensor diagonal_in(const Basis& basis, at::IntArrayRef extents) const {
    return this->basis().diagonal_in(basis, values(), extents);
  }

  /// Diagonal: element by element. Otherwise by conjugate gradients on the normal equations.
  Operator inverse() const;
  /// The root R of a diagonal operator with entries >= 0, R R = A: R of white noise has the covariance A. Throws
  /// std::logic_error for others.
  Operator root() const;

  /// Its diagonal entries on the device; a LinearMap stays as it is. Does not wait for a GPU.
  Operator to(torch::Device device) const;

  friend Operator operator+(const Operator& a, const Operator& b);
  friend Operator operator-(const Operator& a, const Operator& b);
  friend Operator operator*(const Operator& a, const Operator& b); ///< first b, then a

private:
  Operator(Basis basis, torch::Tensor values) : basis_(basis), values_(std::move(values)) {}

  Basis basis_ = Basis::any();
  torch::Tensor values_;
  std::shared_ptr<const LinearMap> map_; // null: diagonal
};

/// Solves A u = right for a symmetric positive (semi)definite A, each field (N, C, L1, ..., Ld) by itself, by conjugate
/// gradients (Hestenes & Stiefel 1952) in float64 until every residual is below `tolerance` times its right side, or no
/// longer falls. Throws std::runtime_error if a residual is then still above sqrt(tolerance). Differentiable in
/// `right` and in what A depends on, by another solution with A, of which a copy is kept.
torch::Tensor conjugate_gradients(const std::function<torch::Tensor(const torch::Tensor&)>& A,
                                  const torch::Tensor& right, double tolerance = 1e-12);

} // namespace stint
