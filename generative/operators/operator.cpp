#include "generative/operators/operator.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

std::vector<std::int64_t> field_axes(const torch::Tensor& fields) {
  std::vector<std::int64_t> axes(fields.dim() - 1);
  std::iota(axes.begin(), axes.end(), 1);
  return axes;
}

/// The orthogonal and symmetric matrix of the discrete Hartley transform, cas(2 pi j k / n) / sqrt(n).
torch::Tensor hartley_matrix(std::int64_t n, const torch::TensorOptions& options) {
  const auto index = torch::arange(n, options.dtype(torch::kDouble));
  const auto angle = torch::outer(index, index) * (2 * M_PI / static_cast<double>(n));
  return ((angle.cos() + angle.sin()) / std::sqrt(static_cast<double>(n))).to(options.dtype());
}

/// <a, b> of each field, (N, 1, ..., 1).
torch::Tensor scalar_product(const torch::Tensor& a, const torch::Tensor& b) {
  return (a * b).sum(field_axes(a), true);
}

} // namespace

torch::Tensor Basis::coordinates(const torch::Tensor& fields) const {
  switch (kind_) {
  case Kind::fourier:
    return torch::fft::rfftn(fields, std::nullopt, field_axes(fields));
  case Kind::blocks:
    return rotate_blocks(fields);
  default:
    return fields;
  }
}

torch::Tensor Basis::fields(const torch::Tensor& coordinates, const torch::Tensor& like) const {
  switch (kind_) {
  case Kind::fourier:
    return torch::fft::irfftn(coordinates, like.sizes().slice(1), field_axes(like));
  case Kind::blocks:
    return rotate_blocks(coordinates); // its own inverse
  default:
    return coordinates;
  }
}

torch::Tensor Basis::entries(const torch::Tensor& values) const {
  const bool halve = kind_ == Kind::fourier && values.dim() > 0 && values.size(-1) > 1;
  return halve ? values.narrow(-1, 0, values.size(-1) / 2 + 1) : values;
}

torch::Tensor Basis::rotate_blocks(torch::Tensor fields) const {
  const auto matrix = hartley_matrix(size_, fields.options());
  for (std::int64_t axis = 1; axis < fields.dim(); ++axis) {
    if (fields.size(axis) % size_ != 0)
      throw std::invalid_argument(
          fmt::format("an extent of {} cannot be divided into blocks of {}", fields.size(axis), size_));
    const auto shape = fields.sizes().vec();
    const auto blocks = fields.transpose(axis, -1).contiguous();
    fields = blocks.reshape({-1, size_}).matmul(matrix).reshape(blocks.sizes()).transpose(axis, -1).reshape(shape);
  }
  return fields;
}

std::string Basis::text() const {
  switch (kind_) {
  case Kind::any:
    return "scalar";
  case Kind::site:
    return "site";
  case Kind::fourier:
    return "fourier";
  default:
    return fmt::format("blocks of {}", size_);
  }
}

std::optional<Basis> common_basis(const Basis& a, const Basis& b) {
  if (a == b || b == Basis::any())
    return a;
  return a == Basis::any() ? std::optional(b) : std::nullopt;
}

Operator::Operator(double factor) : values_(torch::tensor(factor, torch::kDouble)) {}

Operator Operator::scalar(const torch::Tensor& factors, int dimensions) {
  const auto values = factors.to(torch::kDouble);
  if (factors.dim() == 0)
    return {Basis::any(), values};
  std::vector<std::int64_t> shape(dimensions + 1, 1);
  shape[0] = -1;
  return {Basis::any(), values.reshape(shape)};
}

Operator Operator::diagonal(Basis basis, torch::Tensor values) { return {basis, values.to(torch::kDouble)}; }

Operator Operator::dense(torch::Tensor matrix) {
  const auto multiply = [](const torch::Tensor& m, const torch::Tensor& fields) {
    return fields.flatten(1).matmul(m.to(fields.options()).t()).reshape(fields.sizes());
  };
  return of({[=](const torch::Tensor& fields) { return multiply(matrix, fields); },
             [=](const torch::Tensor& fields) { return multiply(matrix.t(), fields); }});
}

Operator Operator::of(LinearMap map) {
  Operator result;
  result.map_ = std::make_shared<const LinearMap>(std::move(map));
  return result;
}

torch::Tensor Operator::operator()(const torch::Tensor& fields) const {
  if (map_)
    return map_->apply(fields);
  return basis_.fields(basis_.entries(values_).to(fields.options()) * basis_.coordinates(fields), fields);
}

torch::Tensor Operator::adjoint(const torch::Tensor& fields) const {
  return map_ ? map_->adjoint(fields) : (*this)(fields);
}

const Basis& Operator::basis() const {
  if (map_)
    throw std::logic_error("an operator that is not diagonal has no basis");
  return basis_;
}

const torch::Tensor& Operator::values() const {
  if (map_)
    throw std::logic_error("an operator that is not diagonal has no diagonal entries");
  return values_;
}

Operator Operator::inverse() const {
  if (!map_)
    return {basis_, values_.reciprocal()};
  const Operator a = *this;
  return of({[a](const torch::Tensor& fields) {
               return conjugate_gradients([a](const torch::Tensor& u) { return a.adjoint(a(u)); }, a.adjoint(fields));
             },
             [a](const torch::Tensor& fields) {
               return conjugate_gradients([a](const torch::Tensor& u) { return a(a.adjoint(u)); }, a(fields));
             }});
}

Operator Operator::root() const {
  if ((values() < 0).any().item<bool>())
    throw std::invalid_argument("an operator with negative entries has no root");
  return {basis_, values_.sqrt()};
}

Operator Operator::to(torch::Device device) const {
  Operator moved = *this;
  moved.values_ = values_.to(device, /*non_blocking=*/!device.is_cpu());
  return moved;
}

Operator operator+(const Operator& a, const Operator& b) {
  if (a.is_diagonal() && b.is_diagonal())
    if (const auto basis = common_basis(a.basis_, b.basis_))
      return {*basis, a.values_ + b.values_};
  return Operator::of({[a, b](const torch::Tensor& fields) { return a(fields) + b(fields); },
                       [a, b](const torch::Tensor& fields) { return a.adjoint(fields) + b.adjoint(fields); }});
}

Operator operator-(const Operator& a, const Operator& b) { return a + Operator(-1) * b; }

Operator operator*(const Operator& a, const Operator& b) {
  if (a.is_diagonal() && b.is_diagonal())
    if (const auto basis = common_basis(a.basis_, b.basis_))
      return {*basis, a.values_ * b.values_};
  return Operator::of({[a, b](const torch::Tensor& fields) { return a(b(fields)); },
                       [a, b](const torch::Tensor& fields) { return b.adjoint(a.adjoint(fields)); }});
}

torch::Tensor conjugate_gradients(const std::function<torch::Tensor(const torch::Tensor&)>& A,
                                  const torch::Tensor& right, double tolerance) {
  if (torch::GradMode::is_enabled() && right.requires_grad()) {
    const auto through = right.clone(); // adds 0 to the solution, and A^{-1} times its gradient to that of `right`
    through.register_hook([A, tolerance](const torch::Tensor& gradient) {
      const torch::NoGradGuard no_gradients;
      return conjugate_gradients(A, gradient, tolerance);
    });
    const torch::NoGradGuard no_gradients;
    const auto solution = conjugate_gradients(A, right, tolerance);
    const torch::AutoGradMode gradients(true);
    return solution + (through - through.detach());
  }
  const auto target = right.to(torch::kDouble);
  const auto scale = scalar_product(target, target).clamp_min(std::numeric_limits<double>::min());
  auto solution = torch::zeros_like(target), residual = target, direction = target;
  auto size = scalar_product(residual, residual);
  auto best = solution, best_size = size;
  const std::int64_t most = 10 * target[0].numel() + 100, patience = 20;
  for (std::int64_t i = 0, since = 0; i < most && since < patience; ++i) {
    if ((best_size <= scale * (tolerance * tolerance)).all().item<bool>())
      break;
    const auto image = A(direction);
    const auto curvature = scalar_product(direction, image);
    // A field that has arrived has a direction of rounding errors: it stays.
    const auto step = torch::where(curvature > 0, size / curvature, torch::zeros_like(size)).nan_to_num(0, 0, 0);
    solution = solution + step * direction;
    residual = residual - step * image;
    const auto next = scalar_product(residual, residual);
    direction = residual + (next / size).nan_to_num(0, 0, 0) * direction;
    size = next;
    const auto better = size < best_size;
    since = (size < 0.99 * best_size).any().item<bool>() ? 0 : since + 1;
    best = torch::where(better, solution, best);
    best_size = torch::where(better, size, best_size);
  }
  const double worst = (best_size / scale).max().sqrt().item<double>();
  if (!(worst <= std::sqrt(tolerance)))
    throw std::runtime_error(fmt::format("conjugate gradients stopped at a relative residual of {:.2g}: the operators "
                                         "are too nearly singular",
                                         worst));
  return best.to(right.scalar_type());
}

} // namespace stint
