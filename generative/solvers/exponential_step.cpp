#include "generative/solvers/exponential_step.hpp"

#include <array>
#include <cmath>

namespace stint {
namespace {

constexpr double smallest_distance = 1e-7; // of nodes, in the level

// Gauss-Legendre quadrature on [-1, 1] with eight points.
constexpr std::array<double, 4> abscissae = {0.183434642495649805, 0.525532409916328986, 0.796666477413626740,
                                             0.960289856497536232};
constexpr std::array<double, 4> quadrature_weights = {0.362683783378361983, 0.313706645877887287, 0.222381034453374471,
                                                      0.101228536290376259};

torch::Tensor times(const torch::Tensor& factor, const torch::Tensor& coordinates) {
  const auto type = coordinates.scalar_type();
  return factor.to(coordinates.is_complex() ? c10::toRealValueType(type) : type) * coordinates;
}

/// deviation^2 / (alpha^2 sqrt(P)), 0 where alpha = 0.
torch::Tensor scale_of_g(const Place& place, const torch::Tensor& variance) {
  const auto total = place.deviation.square();
  return total /
         torch::where(place.alpha > 0, place.alpha.square() * variance.sqrt(), torch::full_like(total, INFINITY));
}

/// P beta / deviation^2: what eta1 is of X by the reference law.
torch::Tensor estimate(const Place& place, const torch::Tensor& variance) {
  return variance * place.beta / place.deviation.square();
}

} // namespace

StepCoordinates::StepCoordinates(const Basis& path, const Operator& reference, const torch::Tensor& fields)
    : basis(path) {
  const auto shared = common_basis(path, reference.basis());
  basis = shared.value_or(path);
  variance = basis.entries(shared ? reference.values() : reference.diagonal_in(basis, fields.sizes().slice(2)));
}

Place::Place(torch::Tensor alpha_, torch::Tensor beta_, const torch::Tensor& variance)
    : alpha(std::move(alpha_)), beta(std::move(beta_)), deviation((alpha.square() + beta.square() * variance).sqrt()),
      angle(torch::atan2(beta * variance.sqrt(), alpha)), level(alpha / (alpha + beta)) {}

Node::Node(Place place_, const torch::Tensor& variance, const torch::Tensor& x, const torch::Tensor& eta1)
    : place(std::move(place_)) {
  g = times(scale_of_g(place, variance), eta1 - times(estimate(place, variance), x));
}

void Node::set_divergence(const torch::Tensor& variance, const torch::Tensor& diagonal, const torch::Tensor& identity) {
  divergence = place.deviation * scale_of_g(place, variance) * (diagonal - estimate(place, variance) * identity);
}

/// w_i with int p(level) d(s^{1+eps}) = s_to^eps sum_i w_i p(levels[i]) over the step for polynomials p of degree below
/// levels.size(): exact for constants, otherwise by quadrature in the angle, in which all is smooth.
std::vector<torch::Tensor> ExponentialStep::weights(const std::vector<torch::Tensor>& levels) const {
  const auto ratio = torch::where(to.angle > 0, from.angle.sin() / to.angle.sin(), torch::ones_like(to.angle));
  const auto total = to.angle.sin() - ratio.pow(eps) * from.angle.sin();
  if (levels.size() == 1)
    return {total};
  std::vector<torch::Tensor> sums(levels.size(), torch::zeros_like(total));
  auto sum = torch::zeros_like(total);
  for (int j = 0; j < 8; ++j) {
    const double t = (1 + (j % 2 == 0 ? 1 : -1) * abscissae[j / 2]) / 2;
    const auto angle = torch::lerp(from.angle, to.angle, t);
    const auto noise = variance.sqrt() * angle.cos();
    const auto level = noise / (noise + angle.sin());
    const auto density = quadrature_weights[j / 2] * angle.sin().pow(eps) * angle.cos();
    sum = sum + density;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      auto term = density;
      for (std::size_t k = 0; k < levels.size(); ++k)
        if (k != i)
          term = term * (level - levels[k]) / (levels[i] - levels[k]);
      sums[i] = sums[i] + term;
    }
  }
  for (auto& weight : sums)
    weight = weight * (total / sum);
  return sums;
}

torch::Tensor ExponentialStep::from_data(const torch::Tensor& x) const {
  return times(to.beta / torch::where(from.beta > 0, from.beta, torch::ones_like(from.beta)), x);
}

/// The weights of the nodes in the integral over the step of a polynomial through them, in u at `to`.
ExponentialStep::Quadrature ExponentialStep::quadrature(const std::deque<Node>& nodes, int order) const {
  const auto zero = torch::zeros_like(from.angle + to.angle, torch::kLong);
  auto usable = zero == 0;
  auto count = zero;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& level = nodes[i].place.level;
    usable = usable & (nodes[i].place.alpha > 0);
    if (i > 0)
      usable = usable & ((level - nodes[i - 1].place.level).abs() > smallest_distance);
    count = count + usable.to(torch::kLong);
  }
  Quadrature quadrature{.terms = {}, .count = count.clamp_max(order)};
  for (int n = 1; n <= std::min<int>(order, static_cast<int>(nodes.size())); ++n) {
    const auto uses = quadrature.count == n;
    if (!uses.any().item<bool>())
      continue;
    std::vector<torch::Tensor> levels;
    for (int i = 0; i < n; ++i)
      levels.push_back(torch::where(uses, nodes[i].place.level, torch::full_like(nodes[i].place.level, i)));
    const auto w = weights(levels);
    for (int i = 0; i < n; ++i)
      quadrature.terms.push_back({static_cast<std::size_t>(i), torch::where(uses, w[i], torch::zeros_like(w[i]))});
  }
  return quadrature;
}

torch::Tensor ExponentialStep::log_volume(const std::deque<Node>& nodes, int order, const torch::Tensor& multiplicity,
                                          const torch::Tensor& which) const {
  const auto counted = which & moves();
  const auto of_those = [&](const torch::Tensor& values) {
    return torch::where(counted, values, torch::zeros_like(values));
  };
  auto change = of_those((to.deviation / from.deviation).log() * multiplicity).expand_as(nodes.front().divergence);
  for (const auto& [node, weight] : quadrature(nodes, order).terms)
    change = change + of_those(weight) * nodes[node].divergence;
  return change.flatten(1).sum(1);
}

torch::Tensor ExponentialStep::advance(const torch::Tensor& x, const std::deque<Node>& nodes, int order,
                                       const torch::Tensor& xi, const torch::Tensor& otherwise) const {
  const auto [terms, count] = quadrature(nodes, order);
  const auto ratio = torch::where(to.angle > 0, from.angle.sin() / to.angle.sin(), torch::ones_like(to.angle));
  auto u = times(ratio.pow(eps) / from.deviation, x);
  for (const auto& [node, weight] : terms)
    u = u + times(weight, nodes[node].g);
  if (eps > 0)
    u = u + times((1 - ratio.pow(2 * eps)).clamp_min(0).sqrt(), xi);
  return torch::where(moves(), torch::where(count > 0, times(to.deviation, u), otherwise), x);
}

} // namespace stint
