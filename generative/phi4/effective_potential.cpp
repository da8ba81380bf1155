#include "generative/phi4/effective_potential.hpp"

#include <algorithm>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t powers = 6;       // of M^2 in log p
constexpr std::int64_t most_degrees = 4; // in u
constexpr double margin = 1.1;           // M_max over the largest |M| of the data

/// T_0(x), ..., T_degree(x): (degree + 1, N) of x (N).
torch::Tensor chebyshev(const torch::Tensor& x, std::int64_t degree) {
  std::vector<torch::Tensor> values = {torch::ones_like(x), x};
  while (std::ssize(values) <= degree)
    values.push_back(2 * x * values.back() - values[values.size() - 2]);
  return torch::stack(values).narrow(0, 0, degree + 1);
}

/// T_a(2 (M/M_max)^2 - 1) for a = 0 ... degree, (degree + 1, N).
torch::Tensor of_magnetisation(const torch::Tensor& m, double largest, std::int64_t degree) {
  return chebyshev(2 * (m / largest).square() - 1, degree);
}

torch::Tensor of_place(double u, std::int64_t degree) {
  return chebyshev(torch::full({1}, u, torch::kDouble), degree).squeeze(1);
}

/// Products of both, (A (B + 1), N).
torch::Tensor features(const torch::Tensor& of_m, const torch::Tensor& of_u) {
  return (of_m.unsqueeze(1) * of_u.unsqueeze(0).unsqueeze(2)).flatten(0, 1);
}

/// One ensemble of the fit.
struct Data {
  torch::Tensor moments; ///< of the features
  torch::Tensor grid;    ///< the features at points of [0, M_max], on which the law is normalised
};

/// - log likelihood for each configuration, with gradient and Hessian where asked for.
struct Value {
  double value = 0;
  torch::Tensor gradient, hessian;
};

Value likelihood(const std::vector<Data>& data, const torch::Tensor& c, bool derivatives) {
  constexpr double weak = 1e-11; // coefficients that no data decide are 0
  Value result{weak / 2 * c.dot(c).item<double>(), weak * c, weak * torch::eye(c.size(0), torch::kDouble)};
  for (const auto& [moments, grid] : data) {
    const auto exponent = c.matmul(grid);
    result.value += (exponent.logsumexp(0) - c.dot(moments)).item<double>();
    if (!derivatives)
      continue;
    const auto p = exponent.softmax(0);
    const auto mean = grid.matmul(p);
    result.gradient += mean - moments;
    result.hessian += (grid * p).matmul(grid.t()) - mean.outer(mean);
  }
  return result;
}

/// The minimum of a convex function by Newton's method, every step halved until it goes down.
torch::Tensor maximise_likelihood(const std::vector<Data>& data, std::int64_t size) {
  constexpr int iterations = 300;
  constexpr double enough = 1e-11, nearly_enough = 1e-8, least_share = 1e-4, least_step = 1e-8;
  auto c = torch::zeros({size}, torch::kDouble);
  for (int i = 0; i < iterations; ++i) {
    const auto now = likelihood(data, c, true);
    const auto direction = -torch::linalg_solve(now.hessian, now.gradient);
    const double slope = direction.dot(now.gradient).item<double>();
    if (-slope < enough)
      return c;
    double step = 1;
    while (step > least_step &&
           !(likelihood(data, c + step * direction, false).value < now.value + least_share * step * slope))
      step /= 2;
    if (step <= least_step && -slope < nearly_enough) // what is left is rounding
      return c;
    c = c + step * direction;
  }
  throw std::invalid_argument("the law of the magnetisation is no smooth function of the coupling; use ensembles that "
                              "are nearer to each other");
}

/// Least squares of values by polynomials of these degrees in M^2 and u, (degree + 1, degree_u + 1).
torch::Tensor least_squares(const std::vector<MagnetisationLaw>& laws, const std::vector<double>& u, double largest,
                            std::int64_t degree, std::int64_t degree_u, const std::vector<torch::Tensor>& values) {
  const std::int64_t size = (degree + 1) * (degree_u + 1);
  auto matrix = torch::zeros({size, size}, torch::kDouble), right = torch::zeros({size}, torch::kDouble);
  for (std::size_t i = 0; i < laws.size(); ++i) {
    const auto f = features(of_magnetisation(laws[i].centers, largest, degree), of_place(u[i], degree_u));
    matrix += (f * laws[i].weights).matmul(f.t());
    right += (f * laws[i].weights).matmul(values[i]);
  }
  matrix += 1e-9 * matrix.trace() / size * torch::eye(size, torch::kDouble);
  return torch::linalg_solve(matrix, right).reshape({degree + 1, degree_u + 1});
}

/// A polynomial of least_squares() at magnetisations m.
torch::Tensor polynomial(const torch::Tensor& coefficients, const torch::Tensor& m, double largest, double u) {
  return coefficients.matmul(of_place(u, coefficients.size(1) - 1))
      .matmul(of_magnetisation(m, largest, coefficients.size(0) - 1));
}

} // namespace

EffectivePotential fit_effective_potential(const std::vector<MagnetisationLaw>& laws, const std::vector<double>& u) {
  constexpr std::int64_t points = 2048;
  EffectivePotential potential;
  for (const auto& law : laws)
    potential.largest = std::max(potential.largest, margin * law.centers.abs().max().item<double>());
  const auto degree_u = std::min<std::int64_t>(std::ssize(laws) - 1, most_degrees);
  const auto grid = (torch::arange(points, torch::kDouble) + 0.5) * (potential.largest / points);
  const auto all = [&](const torch::Tensor& m, double at) {
    return features(of_magnetisation(m, potential.largest, powers).narrow(0, 1, powers), of_place(at, degree_u));
  };
  std::vector<Data> data;
  std::vector<torch::Tensor> means;
  for (std::size_t i = 0; i < laws.size(); ++i) {
    data.push_back({all(laws[i].centers, u[i]).matmul(laws[i].weights), all(grid, u[i])});
    means.push_back(laws[i].square_mean);
  }
  potential.coefficients = maximise_likelihood(data, powers * (degree_u + 1)).reshape({powers, degree_u + 1});
  potential.square_mean = least_squares(laws, u, potential.largest, 4, degree_u, means);
  std::vector<torch::Tensor> spreads;
  for (const auto& law : laws)
    spreads.push_back(law.square_variance.log());
  potential.square_spread = least_squares(laws, u, potential.largest, 1, std::min<std::int64_t>(degree_u, 2), spreads);
  return potential;
}

MagnetisationLaw EffectivePotential::at(double u) const {
  constexpr std::int64_t components = 256, points = 4096;
  constexpr double log_negligible = -30; // of the density's maximum
  const auto log_density = [&](const torch::Tensor& m) {
    const auto of_m = of_magnetisation(m, largest, powers).narrow(0, 1, powers);
    return coefficients.matmul(of_place(u, coefficients.size(1) - 1)).matmul(of_m);
  };
  const auto grid = (torch::arange(points, torch::kDouble) + 1) * (largest / points);
  const auto heights = log_density(grid);
  const double end = grid.masked_select(heights > heights.max() + log_negligible).max().item<double>();
  const double spacing = 2 * end / components;
  MagnetisationLaw law;
  law.width = spacing / 2;
  law.centers = -end + spacing * (torch::arange(components, torch::kDouble) + 0.5);
  law.weights = log_density(law.centers).softmax(0).clamp_min(1e-15); // no logarithm of 0
  law.weights = law.weights / law.weights.sum();
  law.square_mean = polynomial(square_mean, law.centers, largest, u);
  law.square_variance = polynomial(square_spread, law.centers, largest, u).exp();
  return law;
}

} // namespace stint
