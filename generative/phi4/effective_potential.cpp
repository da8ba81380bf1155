#include "generative/phi4/effective_potential.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace stint {
namespace {

constexpr const char* too_far_apart =
    "the law of the magnetisation is no smooth function of the coupling between the ensembles; use some in between";
constexpr double weight_of_scale = 4e-5; // of a coefficient as large as log p, in log likelihood for a configuration
constexpr std::array<std::int64_t, 4> powers_of = {6, 4, 2, 2}; // of M^2 in log p, beside T_b(u) for b = 0 ... 3
constexpr std::int64_t powers = EffectivePotential::powers;
static_assert(powers == powers_of[0]);
constexpr double margin = 1.1; // M_end over the largest |M| of the data

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

/// Products of both, (A, B + 1, N).
torch::Tensor products(const torch::Tensor& of_m, const torch::Tensor& of_u) {
  return of_m.unsqueeze(1) * of_u.unsqueeze(0).unsqueeze(2);
}

/// Which of the products log p is made of, (6, B + 1).
torch::Tensor used(std::int64_t degree_u) {
  const auto limits = torch::tensor(at::ArrayRef<std::int64_t>(powers_of)).narrow(0, 0, degree_u + 1);
  return torch::arange(1, powers + 1).unsqueeze(1) <= limits;
}

/// One ensemble of the fit.
struct Data {
  torch::Tensor moments; ///< of the products that log p is made of
  torch::Tensor grid;    ///< these at points of [0, M_end], on which the law is normalised
};

/// - log likelihood for each configuration, with a term weak c^2/2, gradient and Hessian where asked for.
struct Value {
  double value = 0;
  torch::Tensor gradient, hessian;
};

Value likelihood(const std::vector<Data>& data, const torch::Tensor& c, double weak, bool derivatives) {
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
torch::Tensor maximise_likelihood(const std::vector<Data>& data, std::int64_t size, double weak) {
  constexpr int iterations = 300;
  constexpr double enough = 1e-11, nearly_enough = 1e-8, least_share = 1e-4, least_step = 1e-8;
  auto c = torch::zeros({size}, torch::kDouble);
  for (int i = 0; i < iterations; ++i) {
    const auto now = likelihood(data, c, weak, true);
    const auto direction = -torch::linalg_solve(now.hessian, now.gradient);
    const double slope = direction.dot(now.gradient).item<double>();
    if (-slope < enough)
      return c;
    double step = 1;
    while (step > least_step &&
           !(likelihood(data, c + step * direction, weak, false).value < now.value + least_share * step * slope))
      step /= 2;
    if (step <= least_step && -slope < nearly_enough) // what is left is rounding
      return c;
    c = c + step * direction;
  }
  throw std::invalid_argument(too_far_apart);
}

/// Least squares of values by polynomials of these degrees in M^2 and u, (degree + 1, degree_u + 1).
torch::Tensor least_squares(const std::vector<MagnetisationLaw>& laws, const std::vector<double>& u, double largest,
                            std::int64_t degree, std::int64_t degree_u, const std::vector<torch::Tensor>& values) {
  const std::int64_t size = (degree + 1) * (degree_u + 1);
  auto matrix = torch::zeros({size, size}, torch::kDouble), right = torch::zeros({size}, torch::kDouble);
  for (std::size_t i = 0; i < laws.size(); ++i) {
    const auto f = products(of_magnetisation(laws[i].centers, largest, degree), of_place(u[i], degree_u)).flatten(0, 1);
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

double mean_square(const MagnetisationLaw& law) { return (law.weights * law.centers.square()).sum().item<double>(); }

/// That <M^2> is that of the data at each ensemble, and between two of them about what these have.
void check(const EffectivePotential& potential, const std::vector<MagnetisationLaw>& laws,
           const std::vector<double>& u) {
  constexpr double nearly = 0.1, most = 1.5;
  constexpr int parts = 4;
  const auto need = [](bool smooth) {
    if (!smooth)
      throw std::invalid_argument(too_far_apart);
  };
  for (std::size_t i = 0; i < laws.size(); ++i)
    need(std::abs(mean_square(potential.at(u[i])) / mean_square(laws[i]) - 1) < nearly);
  for (std::int64_t i = 0; i + 1 < potential.places.numel(); ++i) {
    const double left = potential.places[i].item<double>(), right = potential.places[i + 1].item<double>();
    const double one = mean_square(potential.at(left)), other = mean_square(potential.at(right));
    for (int part = 1; part < parts; ++part) {
      const double between = mean_square(potential.at(left + (right - left) * part / parts));
      need(between < most * std::max(one, other) && between > std::min(one, other) / most);
    }
  }
}

} // namespace

EffectivePotential fit_effective_potential(const std::vector<MagnetisationLaw>& laws, const std::vector<double>& u) {
  constexpr std::int64_t points = 2048;
  std::vector<std::size_t> order(u.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) { return u[i]; });
  std::vector<double> places, ends;
  for (const std::size_t i : order) {
    places.push_back(u[i]);
    ends.push_back(margin * laws[i].centers.abs().max().item<double>());
  }
  EffectivePotential potential{.places = torch::tensor(places, torch::kDouble),
                               .ends = torch::tensor(ends, torch::kDouble)};
  const double largest = potential.largest();
  const auto degree_u = std::clamp<std::int64_t>(std::ssize(laws) - 2, 1, std::ssize(powers_of) - 1);
  const auto kept = used(degree_u).flatten().nonzero().squeeze(1);
  const auto all = [&](const torch::Tensor& m, double at) {
    const auto of_m = of_magnetisation(m, largest, powers).narrow(0, 1, powers);
    return products(of_m, of_place(at, degree_u)).flatten(0, 1).index_select(0, kept);
  };
  const auto unit_grid = (torch::arange(points, torch::kDouble) + 0.5) / points;
  std::vector<Data> data;
  std::vector<torch::Tensor> means, spreads;
  for (std::size_t i = 0; i < laws.size(); ++i) {
    data.push_back({all(laws[i].centers, u[i]).matmul(laws[i].weights), all(potential.end(u[i]) * unit_grid, u[i])});
    means.push_back(laws[i].square_mean);
    spreads.push_back(laws[i].square_variance.log());
  }
  // log p goes over about this much. Coefficients that no data decide would be larger, and of no use between ensembles.
  double narrowest = std::numeric_limits<double>::infinity();
  for (const auto& law : laws)
    narrowest = std::min(narrowest, mean_square(law));
  const double scale = largest * largest / (2 * narrowest);
  const auto found = maximise_likelihood(data, kept.numel(), weight_of_scale / (scale * scale));
  potential.coefficients =
      torch::zeros({powers * (degree_u + 1)}, torch::kDouble).index_put({kept}, found).reshape({powers, degree_u + 1});
  const auto few = std::min<std::int64_t>(degree_u, 2);
  potential.square_mean = least_squares(laws, u, largest, 3, few, means);
  potential.square_spread = least_squares(laws, u, largest, 1, few, spreads);
  check(potential, laws, u);
  return potential;
}

double EffectivePotential::end(double u) const {
  const auto n = places.numel();
  std::int64_t k = 0;
  while (k + 2 < n && u > places[k + 1].item<double>())
    ++k;
  const auto part = ((u - places[k]) / (places[k + 1] - places[k])).item<double>();
  return torch::lerp(ends[k], ends[k + 1], part).item<double>();
}

MagnetisationLaw EffectivePotential::at(double u) const {
  constexpr std::int64_t components = 256, points = 4096;
  constexpr double log_negligible = -30; // of the density's maximum
  const double most = largest(), end_of_data = end(u);
  const auto log_density = [&](const torch::Tensor& m) {
    const auto of_m = of_magnetisation(m, most, powers).narrow(0, 1, powers);
    return coefficients.matmul(of_place(u, coefficients.size(1) - 1)).matmul(of_m);
  };
  const auto grid = (torch::arange(points, torch::kDouble) + 1) * (end_of_data / points);
  const auto heights = log_density(grid);
  const double last = grid.masked_select(heights > heights.max() + log_negligible).max().item<double>();
  const double spacing = 2 * last / components;
  MagnetisationLaw law;
  law.width = spacing / 2;
  law.centers = -last + spacing * (torch::arange(components, torch::kDouble) + 0.5);
  law.weights = log_density(law.centers).softmax(0).clamp_min(1e-15); // no logarithm of 0
  law.weights = law.weights / law.weights.sum();
  law.square_mean = polynomial(square_mean, law.centers, most, u);
  law.square_variance = polynomial(square_spread, law.centers, most, u).exp();
  return law;
}

} // namespace stint
