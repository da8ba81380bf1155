#include "generative/operators/operator.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

/// <a, b> of each field, (N, 1, ..., 1).
torch::Tensor scalar_product(const torch::Tensor& a, const torch::Tensor& b) {
  return (a * b).sum(configuration_axes(a), true);
}

} // namespace

Operator::Operator(double factor) : values_(torch::tensor(factor, torch::kDouble)) {}

Operator Operator::scalar(const torch::Tensor& factors, int dimensions) {
  const auto values = factors.to(torch::kDouble);
  if (factors.dim() == 0)
    return {Basis::any(), values};
  std::vector<std::int64_t> shape(dimensions + 2, 1);
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
  moved.basis_ = basis_.to(device);
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
  if (torch::GradMode::is_enabled()) {
    const auto solution = [&] {
      const torch::NoGradGuard no_gradients;
      return conjugate_gradients(A, right, tolerance);
    }();
    const auto residual = right.to(torch::kDouble) - A(solution.to(torch::kDouble)); // 0 but for rounding; its gradient is that of all A u = right depends on
    if (!residual.requires_grad())
      return solution;
    const auto through = residual.clone(); // adds 0 to the solution, and A^{-1} times its gradient to the residual's
    through.register_hook([A, tolerance](const torch::Tensor& gradient) {
      const torch::NoGradGuard no_gradients;
      return conjugate_gradients(A, gradient, tolerance);
    });
    return solution + (through - through.detach()).to(right.scalar_type());
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
