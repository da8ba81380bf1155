#include "generative/drifts/drift.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace stint {
namespace {

Basis basis_of(const Pair& pair, const Operator& A) {
  if (const auto basis = diagonal_basis(pair))
    if (const auto common = common_basis(*basis, A.basis()))
      return *common;
  throw std::invalid_argument("this drift needs alpha, beta and the tilt diagonal in one basis");
}

} // namespace

Observation observe(const Pair& pair, const torch::Tensor& x, const Tilt& tilt) {
  const Basis basis = basis_of(pair, tilt.A);
  const auto &alpha = pair.alpha.values(), &beta = pair.beta.values();
  const auto square = beta.square() - tilt.A.values() * alpha.square();
  if ((square < 0).any().item<bool>())
    throw std::invalid_argument(
        fmt::format("the tilt cannot be reached from here: its quadratic part is up to {:.3g}, and at most {:.3g} can "
                    "be at this point of the path (0 at pure noise)",
                    tilt.A.values().max().item<double>(), (beta / alpha).square().min().item<double>()));
  const auto root = square.sqrt(), total = alpha + root;
  const auto diagonal = [&](const torch::Tensor& values) { return Operator::diagonal(basis, values); };
  return {{diagonal(alpha / total), diagonal(root / total)},
          diagonal(beta / total.square())(x) + diagonal((alpha / total).square())(tilt.b.to(x.options()).expand_as(x))};
}

Drift make_drift(PosteriorMean posterior_mean, Tilt tilt) {
  return [posterior_mean = std::move(posterior_mean), tilt = std::move(tilt)](const Pair& pair,
                                                                              const torch::Tensor& x) -> Etas {
    const Basis basis = basis_of(pair, tilt.A);
    const auto &alpha = pair.alpha.values(), &beta = pair.beta.values();
    const auto diagonal = [&](const torch::Tensor& values) { return Operator::diagonal(basis, values); };
    const auto [reached, signal] = observe(pair, x, tilt);
    const auto mean = posterior_mean(reached, signal);
    // Coordinate by coordinate: eta1 = mean and eta0 = (x - beta mean) / alpha, or their limits where alpha = 0.
    const auto noisy = (alpha > 0).to(torch::kDouble);
    const auto inverse = torch::where(alpha > 0, alpha, torch::ones_like(alpha)).reciprocal() * noisy;
    if (noisy.min().item<double>() > 0)
      return {diagonal(inverse)(x) - diagonal(inverse * beta)(mean), mean};
    const auto known = (1 - noisy) / torch::where(beta > 0, beta, torch::ones_like(beta));
    return {diagonal(inverse)(x) - diagonal(inverse * beta)(mean), diagonal(noisy)(mean) + diagonal(known)(x)};
  };
}

} // namespace stint
