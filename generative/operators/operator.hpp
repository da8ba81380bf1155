#pragma once
// Linear operators on fields: the alpha and beta of an interpolant (arXiv:2508.04605, section 2; eq. 12 for sums).

#include "generative/torch.hpp"

#include <functional>
#include <optional>

namespace stint {

/// An orthogonal basis in which operators can be diagonal. Fields have shape (N, L1, ..., Ld).
class Basis {
public:
  static Basis any() { return Basis(Kind::any, 0); }         ///< of multiples of the identity: every basis is theirs
  static Basis site() { return Basis(Kind::site, 0); }       ///< coordinates are the sites
  static Basis fourier() { return Basis(Kind::fourier, 0); } ///< coordinates are the modes phi(k)
  /// Fourier-like modes inside each block of `size` sites in every direction: entry (B size + j) along an axis is mode
  /// j of block B, and mode 0 is the block's average times sqrt(size). Every extent must be a multiple of `size`.
  static Basis blocks(std::int64_t size) { return Basis(Kind::blocks, size); }

  /// The coordinates of fields. site, blocks: the fields' shape; fourier: the half spectrum (N, L1, ..., Ld/2 + 1),
  /// complex.
  torch::Tensor coordinates(const torch::Tensor& fields) const;

  /// The inverse; `like` is a tensor of the fields' shape.
  torch::Tensor fields(const torch::Tensor& coordinates, const torch::Tensor& like) const;

  /// Of diagonal entries, broadcastable to fields (N, L1, ..., Ld), those that go with coordinates().
  torch::Tensor entries(const torch::Tensor& values) const;

  /// "scalar", "site", "fourier" or "blocks of 4": for messages.
  std::string text() const;

  bool operator==(const Basis&) const = default;

private:
  enum class Kind { any, site, fourier, blocks };
  Basis(Kind kind, std::int64_t size) : kind_(kind), size_(size) {}
  torch::Tensor rotate_blocks(torch::Tensor fields) const;

  Kind kind_;
  std::int64_t size_;
};

/// The basis of two operators' common diagonal form; nullopt if they have none.
std::optional<Basis> common_basis(const Basis& a, const Basis& b);

/// What a user gives for an operator of his own: fields (N, L1, ..., Ld) to fields. The two must be each other's
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
  /// One factor for each configuration of a batch: `factors` has shape (N) or is a number, `dimensions` is d.
  static Operator scalar(const torch::Tensor& factors, int dimensions);
  /// diag(values) in `basis`; values real, broadcastable to (N, L1, ..., Ld); in the Fourier basis values(k) =
  /// values(-k).
  static Operator diagonal(Basis basis, torch::Tensor values);
  /// A matrix (V, V) on the sites in row-major order; for few sites.
  static Operator dense(torch::Tensor matrix);
  static Operator of(LinearMap map);

  torch::Tensor operator()(const torch::Tensor& fields) const;
  torch::Tensor adjoint(const torch::Tensor& fields) const;

  bool is_diagonal() const { return !map_; }
  /// Of a diagonal operator; throw std::logic_error for others.
  const Basis& basis() const;
  const torch::Tensor& values() const; ///< as given, float64

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

/// Solves A u = right for a symmetric positive (semi)definite A, each field (N, L1, ..., Ld) by itself, by conjugate
/// gradients (Hestenes & Stiefel 1952) in float64 until every residual is below `tolerance` times its right side, or no
/// longer falls. Throws std::runtime_error if a residual is then still above sqrt(tolerance). Differentiable in
/// `right`, by another solution with A, of which a copy is kept.
torch::Tensor conjugate_gradients(const std::function<torch::Tensor(const torch::Tensor&)>& A,
                                  const torch::Tensor& right, double tolerance = 1e-12);

} // namespace stint
