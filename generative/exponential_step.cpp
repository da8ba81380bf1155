#include "generative/exponential_step.hpp"

#include <array>

namespace stint {
namespace {

constexpr double smallest_distance = 1e-6; // of nodes, in (1 + eps) log(R)

/// Weights w_i with int_0^h p(s) e^s ds = sum_i w_i p(nodes_i) for all polynomials p of degree below nodes.size() <= 3.
std::vector<torch::Tensor> exponential_weights(const std::vector<torch::Tensor>& nodes, const torch::Tensor& h) {
  // moments[k] = int_0^h s^k e^s ds, by parts.
  std::array<torch::Tensor, 3> moments;
  moments[0] = h.expm1();
  for (int k = 1; k < 3; ++k)
    moments[k] = h.pow(k) * h.exp() - k * moments[k - 1];
  std::vector<torch::Tensor> weights;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    // Coefficients of the polynomial that is 1 at node i and 0 at the others.
    std::array<torch::Tensor, 3> lagrange = {torch::ones_like(h), torch::zeros_like(h), torch::zeros_like(h)};
    for (std::size_t j = 0; j < nodes.size(); ++j) {
      if (j == i)
        continue;
      for (int k = 2; k >= 0; --k)
        lagrange[k] =
            ((k > 0 ? lagrange[k - 1] : torch::zeros_like(h)) - nodes[j] * lagrange[k]) / (nodes[i] - nodes[j]);
    }
    weights.push_back(lagrange[0] * moments[0] + lagrange[1] * moments[1] + lagrange[2] * moments[2]);
  }
  return weights;
}

} // namespace

torch::Tensor ExponentialStep::rise(const torch::Tensor& a, const torch::Tensor& b) const {
  return (1 + eps) * (b.log() - a.log());
}

torch::Tensor ExponentialStep::usable(const std::deque<Node>& nodes) const {
  auto all = interior(), count = all.to(torch::kLong);
  auto before = rise(alpha, beta);
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const auto here = rise(nodes[i].alpha, nodes[i].beta); // -inf at pure noise
    all = all & here.isfinite() & ((here - before).abs() > smallest_distance);
    count = count + all.to(torch::kLong);
    before = here;
  }
  return count;
}

torch::Tensor ExponentialStep::advance(const torch::Tensor& x, const std::deque<Node>& nodes, int order,
                                       const torch::Tensor& xi) const {
  const auto type =
      x.is_complex() ? (x.scalar_type() == torch::kComplexFloat ? torch::kFloat : torch::kDouble) : x.scalar_type();
  const auto times = [&](const torch::Tensor& factor, const torch::Tensor& field) { return factor.to(type) * field; };
  const auto ratio = alpha_end / torch::where(alpha > 0, alpha, torch::ones_like(alpha));
  const auto kappa = ratio * beta / torch::where(beta_end > 0, beta_end, torch::ones_like(beta_end));
  const auto decay = eps > 0 ? ratio * kappa.pow(eps) : ratio;
  const auto frozen = beta_end - decay * beta; // the factor of eta1 at the first node if it alone is used

  std::vector<torch::Tensor> factors(nodes.size(), torch::zeros_like(frozen));
  factors[0] = frozen;
  const auto count = usable(nodes);
  const auto start = rise(alpha, beta), h = rise(alpha_end, beta_end) - start;
  const auto safe_h = torch::where(count > 0, h, torch::ones_like(h));
  for (int n = 2; n <= std::min<int>(order, static_cast<int>(nodes.size())); ++n) {
    const auto uses = n == order ? count >= n : count == n;
    std::vector<torch::Tensor> positions;
    for (int i = 0; i < n; ++i) {
      const auto position = rise(nodes[i].alpha, nodes[i].beta) - start;
      positions.push_back(torch::where(uses, position, torch::full_like(position, -i)));
    }
    const auto weights = exponential_weights(positions, safe_h);
    for (int i = 0; i < n; ++i)
      factors[i] = torch::where(uses, decay * beta * weights[i], factors[i]);
  }

  auto next = times(decay, x);
  for (std::size_t i = 0; i < nodes.size(); ++i)
    next = next + times(factors[i], nodes[i].eta1);
  if (eps > 0)
    next = next + times(alpha_end * (1 - kappa.pow(2 * eps)).clamp_min(0).sqrt(), xi);
  return torch::where(moves(), next, x);
}

} // namespace stint
