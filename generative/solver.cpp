#include "generative/solver.hpp"

#include <cmath>
#include <deque>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

/// A value of eta1 and where on the path it was taken.
struct Node {
  double log_ratio; ///< log(beta/alpha)
  torch::Tensor eta1;
};

double log_ratio(double alpha) { return std::log((1 - alpha) / alpha); }

/// Weights w_i such that int_0^h p(s) e^s ds = sum_i w_i p(nodes_i) for all polynomials p of degree below nodes.size()
/// <= 3.
std::vector<double> exponential_weights(const std::vector<double>& nodes, double h) {
  // moments[k] = int_0^h s^k e^s ds, by parts.
  std::array<double, 3> moments{};
  moments[0] = std::expm1(h);
  for (int k = 1; k < 3; ++k)
    moments[k] = std::pow(h, k) * std::exp(h) - k * moments[k - 1];
  std::vector<double> weights;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    std::array<double, 3> lagrange = {1, 0,
                                      0}; // coefficients of the polynomial that is 1 at node i and 0 at the others
    for (std::size_t j = 0; j < nodes.size(); ++j) {
      if (j == i)
        continue;
      for (int k = 2; k >= 0; --k)
        lagrange[k] = ((k > 0 ? lagrange[k - 1] : 0) - nodes[j] * lagrange[k]) / (nodes[i] - nodes[j]);
    }
    weights.push_back(lagrange[0] * moments[0] + lagrange[1] * moments[1] + lagrange[2] * moments[2]);
  }
  return weights;
}

/// Integrates d(X/alpha) = eta1 d(beta/alpha) from alpha < 1 to next > 0 with eta1 the polynomial in log(beta/alpha)
/// through the nodes.
torch::Tensor exponential_step(const torch::Tensor& x, double alpha, double next, const std::deque<Node>& nodes) {
  const double here = log_ratio(alpha);
  std::vector<double> positions;
  for (const Node& node : nodes)
    positions.push_back(node.log_ratio - here);
  const auto weights = exponential_weights(positions, log_ratio(next) - here);
  auto sum = x / alpha;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    sum = sum + std::exp(here) * weights[i] * nodes[i].eta1;
  return next * sum;
}

} // namespace

Solver parse_solver(std::string_view name) {
  if (name == "euler")
    return Solver::euler;
  if (name == "heun")
    return Solver::heun;
  if (name == "multistep")
    return Solver::multistep;
  throw std::invalid_argument("unknown solver '" + std::string(name) + "'; known: euler, heun, multistep");
}

Solution solve(const Drift& drift, torch::Tensor x, std::span<const double> alphas, Solver solver) {
  constexpr std::size_t order = 3; // of the multistep method
  const auto dimensions = static_cast<int>(x.dim() - 1);
  int evaluations = 0;
  const auto evaluate = [&](double alpha, const torch::Tensor& state) {
    ++evaluations;
    return drift(scalar_pair(torch::full({state.size(0)}, alpha, state.options()), dimensions), state);
  };
  std::deque<Node> history; // of the multistep method, the newest first
  for (std::size_t i = 0; i + 1 < alphas.size(); ++i) {
    const double alpha = alphas[i], next = alphas[i + 1];
    const Etas here = evaluate(alpha, x);
    const auto velocity = here.eta0 - here.eta1; // dX/dalpha, as beta = 1 - alpha
    const auto frozen = x + (next - alpha) * velocity;
    if (solver == Solver::heun && next > 0) {
      const Etas there = evaluate(next, frozen);
      x = x + (next - alpha) / 2 * (velocity + there.eta0 - there.eta1);
    } else if (solver == Solver::multistep && next > 0 && alpha < 1) {
      history.push_front({log_ratio(alpha), here.eta1});
      if (history.size() > order)
        history.pop_back();
      auto nodes = history;
      if (nodes.size() == 1) // the first step, with nothing to look back on, looks ahead
        nodes.push_back({log_ratio(next), evaluate(next, exponential_step(x, alpha, next, nodes)).eta1});
      x = exponential_step(x, alpha, next, nodes);
    } else {
      x = frozen;
    }
  }
  return {x, evaluations};
}

} // namespace stint
