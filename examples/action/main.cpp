// HMC of phi^6 on a ring, beside the exact values of its transfer matrix: example_action [TRAJECTORIES]

#include "analysis/gamma_method.hpp"
#include "examples/action/phi6.hpp"
#include "mcmc/markov_chains.hpp"
#include "mcmc/own_action.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr stint::examples::Phi6 theory{.a = 1.3, .c = 0.2};
constexpr int extent = 8, chains = 64;

/// <phi_x^power> = Tr(phi^power T^L) / Tr(T^L) with T(u, v) = exp(-(V(u) + V(v))/2 + 2 u v), V(u) = a u^2 + c u^6, on a
/// grid of u: exact to the last digit, since T is smooth and falls off.
double exact_moment(int power) {
  constexpr int points = 161;
  constexpr double end = 3.2, step = 2 * end / (points - 1);
  const auto u = [](int i) { return -end + i * step; };
  const auto potential = [](double x) { return theory.a * x * x + theory.c * std::pow(x, 6); };
  std::vector<double> transfer(points * points), matrix, square(points * points);
  for (int i = 0; i < points; ++i)
    for (int j = 0; j < points; ++j)
      transfer[i * points + j] = step * std::exp(-(potential(u(i)) + potential(u(j))) / 2 + 2 * u(i) * u(j));
  matrix = transfer;
  for (int length = 1; length < extent; length *= 2, matrix = square)
    for (int i = 0; i < points; ++i)
      for (int j = 0; j < points; ++j) {
        double sum = 0;
        for (int k = 0; k < points; ++k)
          sum += matrix[i * points + k] * matrix[k * points + j];
        square[i * points + j] = sum;
      }
  double trace = 0, weighted = 0;
  for (int i = 0; i < points; ++i) {
    trace += matrix[i * points + i];
    weighted += std::pow(u(i), power) * matrix[i * points + i];
  }
  return weighted / trace;
}

/// One line: what HMC found, with its error, and what is exact. Returns |z|.
double report(const char* name, const std::vector<double>& series, const std::vector<std::int64_t>& lengths,
              double exact) {
  const double mean = stint::series_mean(series), error = stint::gamma_method(series, lengths).error;
  const double z = (mean - exact) / error;
  std::printf("%-10s %9.5f +- %.5f   exact %9.5f   z %5.2f\n", name, mean, error, exact, z);
  return std::abs(z);
}

} // namespace

int main(int argc, char** argv) {
  const std::int64_t trajectories = argc > 1 ? std::atoll(argv[1]) : 2000, thermalisation = 200;
  const stint::Geometry ring({extent});
  stint::MarkovChains<float> markov_chains(stint::own_action<float>(theory, 1), ring,
                                           {.hmc = {.step_size = 0.2, .steps = 6}}, 1, 0, chains);
  markov_chains.start_hot();

  std::vector<stint::TrajectoryInfo> info(chains);
  std::vector<float> phi(chains * extent);
  std::vector<double> squares(chains * trajectories), sixths(squares.size()), virials(squares.size());
  for (std::int64_t t = -thermalisation; t < trajectories; ++t) {
    markov_chains.advance(info);
    if (t < 0)
      continue;
    markov_chains.configurations(phi);
    for (int chain = 0; chain < chains; ++chain) {
      const std::int64_t at = chain * trajectories + t; // chain after chain
      virials[at] = info[chain].virial;
      for (int x = 0; x < extent; ++x) {
        squares[at] += std::pow(phi[chain * extent + x], 2) / extent;
        sixths[at] += std::pow(phi[chain * extent + x], 6) / extent;
      }
    }
  }
  const std::vector<std::int64_t> lengths(chains, trajectories);
  double worst = report("<phi^2>", squares, lengths, exact_moment(2));
  worst = std::fmax(worst, report("<phi^6>", sixths, lengths, exact_moment(6)));
  worst = std::fmax(worst, report("virial", virials, lengths, 1));
  return worst < 4 ? 0 : 1;
}
