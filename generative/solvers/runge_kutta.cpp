#include "generative/solvers/runge_kutta.hpp"

namespace stint {
namespace {

/// sum_j weights[j] terms[j]
torch::Tensor combine(const std::vector<double>& weights, const std::vector<torch::Tensor>& terms) {
  auto sum = torch::zeros_like(terms[0]);
  for (std::size_t j = 0; j < weights.size(); ++j)
    if (weights[j] != 0)
      sum = sum + weights[j] * terms[j];
  return sum;
}

} // namespace

const Tableau& Tableau::euler() {
  static const Tableau tableau = {{0}, {{}}, {1}, {}};
  return tableau;
}

const Tableau& Tableau::heun() {
  static const Tableau tableau = {{0, 1}, {{}, {1}}, {0.5, 0.5}, {}};
  return tableau;
}

const Tableau& Tableau::rk4() {
  static const Tableau tableau = {
      {0, 0.5, 0.5, 1}, {{}, {0.5}, {0, 0.5}, {0, 0, 1}}, {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}, {}};
  return tableau;
}

const Tableau& Tableau::dopri5() {
  static const Tableau tableau = {
      {0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1},
      {{},
       {1.0 / 5},
       {3.0 / 40, 9.0 / 40},
       {44.0 / 45, -56.0 / 15, 32.0 / 9},
       {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
       {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
       {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}},
      {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0},
      {71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40}};
  return tableau;
}

RungeKuttaStep runge_kutta_step(const Tableau& tableau, const torch::Tensor& x,
                                const std::function<Slope(double c, const torch::Tensor& x)>& slope) {
  std::vector<torch::Tensor> velocities, divergences;
  for (std::size_t j = 0; j < tableau.c.size(); ++j) {
    auto here = slope(tableau.c[j], j == 0 ? x : x + combine(tableau.a[j], velocities));
    velocities.push_back(std::move(here.velocity));
    if (here.divergence.defined())
      divergences.push_back(std::move(here.divergence));
  }
  RungeKuttaStep step{.change = combine(tableau.b, velocities), .divergence_change = {}, .error = {}};
  if (!divergences.empty())
    step.divergence_change = combine(tableau.b, divergences);
  if (!tableau.error.empty())
    step.error = combine(tableau.error, velocities);
  return step;
}

} // namespace stint
