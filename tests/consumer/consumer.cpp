// HMC of phi^4 on 8x8: prints the mean of the virial, which must be 1 within its error.

#include "analysis/gamma_method.hpp"
#include "mcmc/markov_chains.hpp"

#include <cmath>
#include <cstdio>

int main() {
  constexpr std::int64_t chains = 8, trajectories = 500;
  stint::MarkovChains<float> markov_chains(stint::Geometry({8, 8}), stint::Phi4{.mass2 = -2, .lambda = 2}, {}, 1, 0,
                                           chains);
  std::vector<stint::TrajectoryInfo> info(chains);
  std::vector<double> virial;
  for (std::int64_t trajectory = -100; trajectory < trajectories; ++trajectory) {
    markov_chains.advance(info);
    if (trajectory >= 0)
      virial.push_back(info[0].virial);
  }
  const double mean = stint::series_mean(virial), error = stint::gamma_method(virial, {&trajectories, 1}).error;
  std::printf("virial %.4f +- %.4f\n", mean, error);
  return error > 0 && std::abs(mean - 1) < 4 * error ? 0 : 1;
}
