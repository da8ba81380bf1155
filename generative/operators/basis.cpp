#include "generative/operators/basis.hpp"

#include "generative/operators/lattice_fft.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>

namespace stint {
namespace {

std::vector<std::int64_t> axes_from(std::int64_t first, const torch::Tensor& fields) {
  std::vector<std::int64_t> axes(fields.dim() - first);
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

/// The orthogonal and symmetric matrix of the discrete Hartley transform, cas(2 pi j k / n) / sqrt(n).
torch::Tensor hartley_matrix(std::int64_t n, const torch::TensorOptions& options) {
  const auto index = torch::arange(n, options);
  const auto angle = torch::outer(index, index) * (2 * M_PI / static_cast<double>(n));
  return (angle.cos() + angle.sin()) / std::sqrt(static_cast<double>(n));
}

/// Of the discrete cosine transform DCT-II: row k is sqrt((2 - [k = 0])/n) cos(pi (x + 1/2) k / n).
torch::Tensor cosine_matrix(std::int64_t n, const torch::TensorOptions& options) {
  const auto index = torch::arange(n, options);
  auto matrix = (torch::outer(index, index + 0.5) * (M_PI / static_cast<double>(n))).cos() *
                std::sqrt(2 / static_cast<double>(n));
  matrix[0] /= std::sqrt(2.0);
  return matrix;
}

/// make(n, options), once for each extent and device.
torch::Tensor made_once(torch::Tensor (*make)(std::int64_t, const torch::TensorOptions&), std::int64_t n,
                        const torch::TensorOptions& options) {
  static std::mutex mutex;
  static std::map<std::tuple<decltype(make), std::int64_t, std::string>, torch::Tensor> matrices;
  const std::scoped_lock lock(mutex);
  auto& matrix = matrices[{make, n, options.device().str()}];
  if (!matrix.defined())
    matrix = make(n, options);
  return matrix;
}

/// Applies a matrix along one axis.
torch::Tensor along(std::int64_t axis, const torch::Tensor& matrix, const torch::Tensor& fields) {
  return fields.transpose(axis, -1).matmul(matrix.t()).transpose(axis, -1);
}

} // namespace

std::vector<std::int64_t> lattice_axes(const torch::Tensor& fields) { return axes_from(2, fields); }

std::vector<std::int64_t> configuration_axes(const torch::Tensor& fields) { return axes_from(1, fields); }

torch::Tensor column(const torch::Tensor& numbers, const torch::Tensor& fields) {
  std::vector<std::int64_t> shape(fields.dim(), 1);
  shape[0] = -1;
  return numbers.reshape(shape);
}

Basis Basis::blocks(std::int64_t size) {
  Basis basis(Kind::blocks);
  basis.size_ = size;
  return basis;
}

Basis Basis::orthogonal(torch::Tensor matrix) {
  constexpr double rounding = 1e-6;
  if (matrix.dim() != 2 || matrix.size(0) != matrix.size(1))
    throw std::invalid_argument("a basis needs a square matrix");
  const auto m = matrix.to(torch::kDouble);
  if (!((m.mm(m.t()) - torch::eye(m.size(0), m.options())).abs().max().item<double>() < rounding))
    throw std::invalid_argument("the matrix of a basis must be orthogonal");
  Basis basis(Kind::orthogonal);
  basis.matrix_ = basis.original_ = m;
  return basis;
}

torch::Tensor Basis::coordinates(const torch::Tensor& fields) const {
  switch (kind_) {
  case Kind::fourier:
    return lattice_fft(fields);
  case Kind::cosine:
  case Kind::blocks:
  case Kind::orthogonal:
    return rotate(fields, false);
  default:
    return fields;
  }
}

torch::Tensor Basis::fields(const torch::Tensor& coordinates, const torch::Tensor& like) const {
  switch (kind_) {
  case Kind::fourier:
    return inverse_lattice_fft(coordinates, like.sizes().slice(2));
  case Kind::cosine:
  case Kind::blocks:
  case Kind::orthogonal:
    return rotate(coordinates, true);
  default:
    return coordinates;
  }
}

torch::Tensor Basis::entries(const torch::Tensor& values) const {
  const bool halve = kind_ == Kind::fourier && values.dim() > 0 && values.size(-1) > 1;
  return halve ? values.narrow(-1, 0, values.size(-1) / 2 + 1) : values;
}

/// What cosine and blocks do along one axis.
torch::Tensor Basis::axis_matrix(std::int64_t extent, const torch::TensorOptions& options) const {
  if (kind_ == Kind::cosine)
    return made_once(cosine_matrix, extent, options);
  if (extent % size_ != 0)
    throw std::invalid_argument(fmt::format("an extent of {} cannot be divided into blocks of {}", extent, size_));
  return made_once(hartley_matrix, size_, options);
}

torch::Tensor Basis::rotate(torch::Tensor fields, bool back) const {
  const auto type = fields.scalar_type();
  if (kind_ == Kind::orthogonal) {
    const auto m = (back ? matrix_ : matrix_.t()).to(fields.options());
    if (fields[0][0].numel() != m.size(0))
      throw std::invalid_argument(
          fmt::format("a basis of {} sites does not fit fields of {}", m.size(0), fields[0][0].numel()));
    return fields.flatten(2).matmul(m).reshape(fields.sizes());
  }
  const auto shape = fields.sizes().vec();
  for (std::int64_t axis = 2; axis < fields.dim(); ++axis) {
    auto m = axis_matrix(shape[axis], fields.options().dtype(torch::kDouble)).to(type);
    if (back)
      m = m.t();
    const auto lines = fields.transpose(axis, -1).contiguous();
    fields = lines.reshape({-1, m.size(0)}).matmul(m.t()).reshape(lines.sizes()).transpose(axis, -1).reshape(shape);
  }
  return fields;
}

torch::Tensor Basis::diagonal_in(const Basis& other, const torch::Tensor& values, at::IntArrayRef extents) const {
  if (*this == other || kind_ == Kind::any || other.kind_ == Kind::any || values.numel() == 1)
    return values;
  const auto dimensions = static_cast<std::int64_t>(extents.size());
  auto full = values;
  const auto is = [&](Kind a, Kind b) { return kind_ == a && other.kind_ == b; };
  if (is(Kind::fourier, Kind::site) || is(Kind::site, Kind::fourier)) { // |<x|k>|^2 = 1/V
    std::vector<std::int64_t> axes(std::min(dimensions, values.dim()));
    std::iota(axes.begin(), axes.end(), -static_cast<std::int64_t>(axes.size()));
    return values.mean(axes, /*keepdim=*/true);
  }
  while (full.dim() < dimensions)
    full = full.unsqueeze(0);
  auto shape = full.sizes().vec();
  std::copy(extents.begin(), extents.end(), shape.end() - dimensions);
  full = full.expand(shape);
  const auto options = values.options().dtype(torch::kDouble);
  if (kind_ == Kind::orthogonal || other.kind_ == Kind::orthogonal) {
    // Row by row of the identity: the coordinates of every site.
    std::int64_t volume = 1;
    std::vector<std::int64_t> fields = {0, 1};
    for (const auto extent : extents)
      volume *= extent;
    fields[0] = volume;
    fields.insert(fields.end(), extents.begin(), extents.end());
    const auto rows = [&](const Basis& basis) { // <basis_i|x>, complex for Fourier modes
      const auto sites = torch::eye(volume, options).reshape(fields);
      return (basis.kind_ == Kind::fourier ? torch::fft::fftn(sites, std::nullopt, lattice_axes(sites), "ortho")
                                           : basis.coordinates(sites).to(torch::kComplexDouble))
          .reshape({volume, volume})
          .t();
    };
    const auto overlap = rows(other).mm(rows(*this).conj().t()).abs().square();
    return full.flatten(full.dim() - dimensions).matmul(overlap.t()).reshape(shape);
  }
  // Axis by axis: |<t_i|k>|^2 = prod over axes.
  const auto rows = [&](const Basis& basis, std::int64_t n) {
    switch (basis.kind_) {
    case Kind::fourier:
      return torch::fft::fft(torch::eye(n, options), std::nullopt, 0, "ortho");
    case Kind::cosine:
      return cosine_matrix(n, options).to(torch::kComplexDouble);
    case Kind::blocks:
      return torch::block_diag(std::vector<torch::Tensor>(n / basis.size_, basis.axis_matrix(n, options)))
          .to(torch::kComplexDouble);
    default:
      return torch::eye(n, options).to(torch::kComplexDouble);
    }
  };
  for (std::int64_t axis = 0; axis < dimensions; ++axis) {
    const auto n = extents[axis];
    const auto overlap = rows(other, n).mm(rows(*this, n).conj().t()).abs().square();
    full = along(full.dim() - dimensions + axis, overlap, full);
  }
  return full;
}

std::string Basis::text() const {
  switch (kind_) {
  case Kind::any:
    return "scalar";
  case Kind::site:
    return "site";
  case Kind::fourier:
    return "fourier";
  case Kind::cosine:
    return "cosine";
  case Kind::orthogonal:
    return "orthogonal";
  default:
    return fmt::format("blocks of {}", size_);
  }
}

Basis Basis::to(torch::Device device) const {
  Basis moved = *this;
  if (matrix_.defined() && matrix_.device() != device)
    moved.matrix_ = matrix_.to(device);
  return moved;
}

std::optional<Basis> common_basis(const Basis& a, const Basis& b) {
  if (a == b || b == Basis::any())
    return a;
  return a == Basis::any() ? std::optional(b) : std::nullopt;
}

} // namespace stint
