// HMC of phi^4 on 8x8: the mean of the virial, which is 1 for every action.

#include "mcmc/markov_chains.hpp"

#include <cmath>
#include <cstdio>

int main() {
  constexpr std::int64_t chains = 64, thermalisation = 100, trajectories = 400;
  const stint::Geometry geometry({8, 8});
  const stint::Phi4 theory{.mass2 = -2, .lambda = 2};
  const stint::UpdateSettings settings{.hmc = {.step_size = 0.1, .steps = 10}};
  stint::MarkovChains<float> markov_chains(geometry, theory, settings, /*seed*/ 1, /*first_chain*/ 0, chains);
  markov_chains.start_hot();

  std::vector<stint::TrajectoryInfo> info(chains);
  std::vector<double> virial(chains); // mean of each chain; chains are independent
  double accepted = 0;
  for (std::int64_t t = 0; t < thermalisation + trajectories; ++t) {
    markov_chains.advance(info);
    for (std::int64_t chain = 0; chain < chains && t >= thermalisation; ++chain) {
      virial[chain] += info[chain].virial / trajectories;
      accepted += info[chain].accepted ? 1.0 / (chains * trajectories) : 0;
    }
  }
  double mean = 0, squares = 0;
  for (const double v : virial) {
    mean += v / chains;
    squares += v * v / chains;
  }
  const double error = std::sqrt((squares - mean * mean) / (chains - 1));
  std::printf("acceptance %.2f, virial %.4f +- %.4f\n", accepted, mean, error);
  return std::abs(mean - 1) < 4 * error ? 0 : 1;
}
