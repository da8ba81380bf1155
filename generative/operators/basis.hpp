#pragma once
// Orthogonal bases in which linear operators on fields can be diagonal.

#include "generative/torch.hpp"

#include <optional>
#include <string>

namespace stint {

/// The axes of the lattice of fields (N, C, L1, ..., Ld): 2, ..., d + 1.
std::vector<std::int64_t> lattice_axes(const torch::Tensor& fields);

/// The axes of one configuration: channels and lattice, 1, ..., d + 1.
std::vector<std::int64_t> configuration_axes(const torch::Tensor& fields);

/// N numbers as (N, 1, ..., 1), to go with fields.
torch::Tensor column(const torch::Tensor& numbers, const torch::Tensor& fields);

/// An orthogonal basis, by value. Fields have shape (N, C, L1, ..., Ld); a basis rotates the lattice of each channel by
/// itself.
class Basis {
public:
  static Basis any() { return Basis(Kind::any); }         ///< of multiples of the identity: every basis is theirs
  static Basis site() { return Basis(Kind::site); }       ///< coordinates are the sites
  static Basis fourier() { return Basis(Kind::fourier); } ///< coordinates are the modes phi(k); periodic boundaries
  /// Modes of open boundaries, the orthogonal DCT-II along every axis:
  ///   phi(k) = sqrt((2 - [k = 0])/L) sum_x cos(pi (x + 1/2) k / L) phi_x.
  static Basis cosine() { return Basis(Kind::cosine); }
  /// Fourier-like modes inside each block of `size` sites in every direction: entry (B size + j) along an axis is mode
  /// j of block B, and mode 0 is the block's average times sqrt(size). Every extent must be a multiple of `size`.
  static Basis blocks(std::int64_t size);
  /// The rows of an orthogonal matrix (V, V) on the sites in row-major order: principal components, say. Coordinates
  /// have the fields' shape. Throws std::invalid_argument unless the matrix is square and orthogonal to 1e-6.
  static Basis orthogonal(torch::Tensor matrix);

  /// The coordinates of fields: the fields' shape, but in the Fourier basis the half spectrum (N, C, L1, ..., Ld/2 +
  /// 1), complex.
  torch::Tensor coordinates(const torch::Tensor& fields) const;

  /// The inverse; `like` is a tensor of the fields' shape.
  torch::Tensor fields(const torch::Tensor& coordinates, const torch::Tensor& like) const;

  /// Of diagonal entries, broadcastable to fields (N, C, L1, ..., Ld), those that go with coordinates().
  torch::Tensor entries(const torch::Tensor& values) const;

  /// Of the operator that is diagonal in this basis with these entries, broadcastable to fields of the lattice
  /// `extents`: its diagonal in another basis, sum_k |<t_i|k>|^2 values_k: of sites, say, the variance of each where
  /// the entries are a spectrum. (..., L1, ..., Ld), or as `values` if they are the same for all modes of this basis.
  torch::Tensor diagonal_in(const Basis& other, const torch::Tensor& values, at::IntArrayRef extents) const;

  /// "scalar", "site", "fourier", "cosine", "blocks of 4" or "orthogonal": for messages and files.
  std::string text() const;
  /// Of Basis::orthogonal().
  const torch::Tensor& matrix() const { return matrix_; }
  Basis to(torch::Device device) const;

  friend bool operator==(const Basis& a, const Basis& b) {
    return a.kind_ == b.kind_ && a.size_ == b.size_ && (!a.original_.defined() || a.original_.is_same(b.original_));
  }

private:
  enum class Kind { any, site, fourier, cosine, blocks, orthogonal };
  explicit Basis(Kind kind) : kind_(kind) {}
  torch::Tensor axis_matrix(std::int64_t extent, const torch::TensorOptions& options) const;
  torch::Tensor rotate(torch::Tensor fields, bool back) const;

  Kind kind_;
  std::int64_t size_ = 0;
  torch::Tensor matrix_, original_; // of Basis::orthogonal(), here and before it moved to another device
};

/// The basis of two operators' common diagonal form; nullopt if they have none.
std::optional<Basis> common_basis(const Basis& a, const Basis& b);

} // namespace stint
