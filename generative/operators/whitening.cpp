#include "generative/operators/whitening.hpp"

#include <stdexcept>

namespace stint {
namespace {

using Map = std::function<torch::Tensor(const torch::Tensor&)>;

/// The sum over the coordinates of each configuration, for entries with or without a batch dimension.
torch::Tensor sum_of(const torch::Tensor& entries, std::int64_t dimensions) {
  return entries.dim() <= dimensions ? entries.sum() : entries.sum(configuration_axes(entries), true);
}

/// Preconditioned conjugate gradients for each field by itself, at most `iterations` of them; a field whose residual,
/// in the norm of the preconditioner, has become smaller by the factor `tolerance` stays.
torch::Tensor iterate(const Map& matrix, const Map& precondition, const torch::Tensor& right, int iterations,
                      double tolerance) {
  const auto product = [axes = configuration_axes(right)](const torch::Tensor& a, const torch::Tensor& b) {
    return (a * b).sum(axes, true);
  };
  // A field that has arrived has a residual of rounding errors, and stays.
  const auto ratio = [](const torch::Tensor& a, const torch::Tensor& b) {
    const auto moves = b > std::numeric_limits<float>::min();
    return torch::where(moves, a / torch::where(moves, b, torch::ones_like(b)),
                        torch::zeros_like(a)); // 0/0 has no gradient
  };
  auto solution = torch::zeros_like(right), residual = right;
  auto direction = precondition(residual);
  auto size = product(residual, direction);
  const auto enough = (size * (tolerance * tolerance)).detach();
  for (int i = 0; i < iterations; ++i) {
    const auto open = size > enough;
    if (tolerance > 0 && !open.any().item<bool>())
      break;
    const auto image = matrix(direction);
    auto step = ratio(size, product(direction, image));
    if (tolerance > 0)
      step = torch::where(open, step, torch::zeros_like(step));
    solution = solution + step * direction;
    if (i + 1 == iterations)
      break;
    residual = residual - step * image;
    const auto better = precondition(residual);
    const auto next = product(residual, better);
    direction = better + ratio(next, size) * direction;
    size = next;
  }
  return solution;
}

} // namespace

Whitener::Whitener(const Pair& pair, const Operator& covariance) : covariance_(covariance) {
  const auto basis = diagonal_basis(pair);
  if (!basis)
    throw std::invalid_argument("this estimate needs alpha and beta diagonal in one basis");
  basis_ = *basis;
  const Operator total = pair.alpha * pair.alpha + pair.beta * pair.beta * covariance;
  if (total.is_diagonal()) {
    inverse_ = total.inverse();
    return;
  }
  beta_ = pair.beta.values() + torch::zeros_like(pair.alpha.values());
  alpha2_ = pair.alpha.values().square() + torch::zeros_like(beta_);
}

Whitener Whitener::exact(const Pair& pair, const Operator& covariance, double tolerance) {
  Whitener whitener(pair, covariance);
  whitener.tolerance_ = tolerance;
  return whitener;
}

Whitener Whitener::approximate(const Pair& pair, const Operator& covariance, int iterations, double tolerance) {
  Whitener whitener(pair, covariance);
  whitener.iterations_ = iterations;
  whitener.tolerance_ = tolerance;
  return whitener;
}

torch::Tensor Whitener::operator()(const torch::Tensor& signal) const {
  if (inverse_)
    return (*inverse_)(signal);
  const auto dimensions = signal.dim() - 1;
  const auto options = signal.options();
  const auto filter = [&](const torch::Tensor& spectrum) -> Map { // in the coordinates of the pair
    const Basis own = covariance_.basis();
    return [entries = own.entries(spectrum).to(options), own, basis = basis_](const torch::Tensor& u) {
      return basis.coordinates(own.fields(entries * own.coordinates(basis.fields(u, u)), u));
    };
  };
  const Map covariance = filter(covariance_.values());
  const auto alpha2 = alpha2_.to(options), beta = beta_.to(options);
  // By value: conjugate_gradients() keeps it for the gradient.
  const Map matrix = [=](const torch::Tensor& u) { return alpha2 * u + beta * covariance(beta * u); };

  const auto sigma = basis_.coordinates(signal) / (alpha2 + beta.square());
  const auto right = beta * (sigma - covariance(sigma));
  if (iterations_ == 0)
    return basis_.fields(sigma + beta * conjugate_gradients(matrix, right, tolerance_), signal);

  // The inverse is 1/beta (nu + Sigma)^{-1} 1/beta with nu = (alpha/beta)^2. With the mean variance sigma2 of the data
  // and share = (c + sigma2)/(nu + sigma2), it is near to share/beta (c + Sigma)^{-1} share/beta, and where nu is much
  // larger than c, to 1/(alpha^2 + beta^2 sigma2).
  constexpr double smallest = 1e-12;
  const auto sigma2 = covariance_.values().mean();
  const auto total = alpha2_ + beta_.square() * sigma2;
  const auto precision = (beta_.square() / total).clamp_min(smallest);                        // 1/(nu + sigma2)
  const auto common = sum_of(precision, dimensions) / sum_of(precision.square(), dimensions); // c + sigma2
  const auto factor = (beta_ * common / total).to(options);
  const auto rest = ((1 - (precision * common).square()).clamp_min(0) / total).to(options);
  const Map inverse = filter(((common - sigma2).clamp_min(0) + covariance_.values()).reciprocal());
  const Map precondition = [&](const torch::Tensor& u) { return factor * inverse(factor * u) + rest * u; };
  return basis_.fields(sigma + beta * iterate(matrix, precondition, right, iterations_, tolerance_), signal);
}

} // namespace stint
